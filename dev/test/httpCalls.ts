/** Calls as a client makes them, with all that comes back. */
import { type Problem, problemSchema } from '@story-tasks/contracts';
import { Queue } from 'bullmq';
import type { System } from './system.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export async function post(
  system: System,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const type: Record<string, string> = sent === undefined ? {} : { 'content-type': 'application/json' };
  const request = { method: 'POST', body: sent ?? null, headers: { ...type, ...headers } };
  return answerOf(await fetch(`${system.apiUrl}${path}`, request));
}

export async function get(system: System, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return answerOf(await fetch(`${system.apiUrl}${path}`, { headers }));
}

async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** @throws Error when the answer is no problem+json, or tells a place in the code */
export function problemIn({ status, headers, text }: Answer): Problem {
  const told = problemSchema.parse(JSON.parse(text));
  const sound = told.status === status && headers.get('content-type')?.startsWith('application/problem+json');
  if (!sound || /\bat .*\.ts/.test(text)) throw new Error(`No sound problem: ${status} ${text}`);
  return told;
}

export const taskIdIn = (answer: Answer): string => (JSON.parse(answer.text) as { taskId: string }).taskId;

/** Works on the lane of one operation, and closes it again. */
export async function onLane<T>(system: System, operation: string, act: (lane: Queue) => Promise<T>): Promise<T> {
  const { hostname: host, port } = new URL(system.redisUrl);
  const lane = new Queue(`story-task-jobs.${operation}`, { connection: { host, port: Number(port) } });
  try {
    return await act(lane);
  } finally {
    await lane.close();
  }
}

export const hasJob = (system: System, operation: string, taskId: string): Promise<boolean> =>
  onLane(system, operation, async (lane) => (await lane.getJob(taskId)) !== undefined);
