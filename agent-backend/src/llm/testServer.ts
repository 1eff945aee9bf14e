/** For tests: an HTTP server on a free port of 127.0.0.1 that answers each request by the next step of a script. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Resolves with `performance.now()` when the connection of an unfinished answer is gone. */
  readonly closed: Promise<number>;
}

export type Answer = (response: ServerResponse, request: SeenRequest) => void;

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Resolves once the `count`-th request has arrived and its answer has begun. */
  arrival(count: number): Promise<SeenRequest>;
}

/** A request past the end of the script is answered 418, which nobody tries again: the count of requests gives it away. */
export async function startTestServer(script: readonly Answer[]): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const arrivals = Array.from({ length: script.length + 1 }, () => Promise.withResolvers<SeenRequest>());
  const server = createServer(async (incoming, response) => {
    const request = await see(incoming, response);
    requests.push(request);
    (script[requests.length - 1] ?? json(418, {}))(response, request);
    arrivals[requests.length - 1]?.resolve(request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    arrival: (count) => arrivals[count - 1]?.promise ?? Promise.reject(new Error('past the end of the script')),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function see(incoming: IncomingMessage, response: ServerResponse): Promise<SeenRequest> {
  const closed = once(response, 'close').then(() => performance.now());
  return { path: incoming.url ?? '', headers: incoming.headers, body: await text(incoming), closed };
}

/** Answers with a JSON document. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

/** Answers with server-sent events; `open` leaves the stream without an end. */
export function events(data: readonly string[], { open = false } = {}): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const item of data) response.write(`data: ${item}\n\n`);
    if (!open) response.end();
  };
}

/** Never answers. */
export const hang: Answer = () => {};
