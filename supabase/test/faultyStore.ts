/** A server in the store's place that answers as it is told, and says what it saw. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './locks.ts';
import { waitLimits } from './timeouts.ts';

/** Ends the response, or leaves it as it is. */
export type Behaviour = (response: ServerResponse) => void;

export const never: Behaviour = () => undefined;

/** Half an answer: the body never ends. */
export const hangInBody: Behaviour = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"outcome":');
};

/** The connection breaks in the middle of an answer. */
export const cut: Behaviour = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"outcome":', () => response.destroy());
};

export const answer =
  (status: number, body: unknown): Behaviour =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

export interface FaultyStore {
  readonly url: string;
  /** Requests so far. */
  readonly requests: () => number;
  /** @throws Error when a connection stays open */
  allClosed(): Promise<void>;
  stop(): Promise<void>;
}

/** Answers the first request by the first behaviour and so on; the last one stays. */
export async function startFaultyStore(...behaviours: [Behaviour, ...Behaviour[]]): Promise<FaultyStore> {
  let requests = 0;
  const server = createServer((request, response) => {
    request.resume();
    const behave = behaviours[Math.min(requests, behaviours.length - 1)] ?? never;
    requests += 1;
    behave(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const openSockets = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    allClosed: () =>
      until('every connection is closed', waitLimits.socketClosed, async () => (await openSockets()) === 0),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
