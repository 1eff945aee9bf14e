/** Calls as a client makes them, with all that comes back; every answer is compared with the API's own document. */
import { type Problem, problemSchema } from '@story-tasks/contracts';
import { Queue } from 'bullmq';
import { type Answer, checkDocumented } from './documentedAnswers.ts';
import type { System } from './system.ts';

type Api = Pick<System, 'apiUrl'>;

export function post(api: Api, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  return send(api, path, { method: 'POST', ...sent, headers: { ...type, ...headers } });
}

export function get(api: Api, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return send(api, path, { method: 'GET', headers });
}

/** @throws Error when the answer is not as the document says */
export async function send({ apiUrl }: Api, path: string, request: RequestInit & { method: string }): Promise<Answer> {
  const response = await fetch(`${apiUrl}${path}`, request);
  const answer = { status: response.status, headers: response.headers, text: await response.text() };
  await checkDocumented(apiUrl, request.method, path, answer);
  return answer;
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
