/** An API that does to its client what its test wants: each request is given to the next step of a script. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Task, TaskEvent, TaskStatus } from '@story-tasks/contracts';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Step = (response: ServerResponse, request: Seen) => unknown;

export interface ScriptedApi extends AsyncDisposable {
  readonly url: string;
  /** Every request, as it came. */
  readonly seen: readonly Seen[];
}

/** @param script steps for one request each; the last one serves all that follow */
export async function scriptedApi(...script: readonly Step[]): Promise<ScriptedApi> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request;
    const told = { method, path, headers, body: await text(request) };
    const step = script[Math.min(seen.push(told), script.length) - 1];
    await step?.(response, told);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Where an API was, and nothing is. */
export async function closedUrl(): Promise<string> {
  await using api = await scriptedApi();
  return api.url;
}

export const answer =
  (status: number, body: unknown, headers: Record<string, string> = {}): Step =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

export const problem = (status: number, code: string, headers: Record<string, string> = {}, more = {}): Step =>
  answer(
    status,
    { type: 'about:blank', title: 'T', status, code, detail: 'In words.', requestId: 'r-1', ...more },
    { 'content-type': 'application/problem+json', ...headers },
  );

/** Breaks the connection off. */
export const cut: Step = (response) => response.destroy();
/** Takes the request and never answers. */
export const silent: Step = () => undefined;

export const taskId: string = randomUUID();

export function eventOf(seq: number, status: TaskStatus | null = null, message = `event ${seq}`): TaskEvent {
  const at = { createdAt: '2026-11-22T05:00:00.000Z' };
  const id = `00000000-0000-4000-8000-${String(seq).padStart(12, '0')}`;
  return { id, seq, eventType: 'info', status, message, payload: null, progressOverride: null, ...at };
}

/** So many events, of which the last one ends the task. */
export function eventsTo(last: number): TaskEvent[] {
  return Array.from({ length: last }, (_, index) => eventOf(index + 1, index + 1 === last ? 'succeeded' : null));
}

export function taskOf(status: TaskStatus): Task {
  const at = '2026-11-22T05:00:00.000Z';
  return {
    id: taskId,
    storyId: taskId,
    operation: 'BUILD_PLAYER_BUNDLE',
    status,
    progress: 0,
    payload: {},
    requestedBy: null,
    displayFields: null,
    taskCancelled: false,
    cancelReason: null,
    cancelRequestedAt: null,
    held: false,
    attempt: 1,
    maxAttempts: 1,
    retryOf: null,
    errorCode: null,
    errorMessage: null,
    result: null,
    inputTokens: 0,
    outputTokens: 0,
    createdAt: at,
    updatedAt: at,
    startedAt: at,
    finishedAt: null,
  };
}
