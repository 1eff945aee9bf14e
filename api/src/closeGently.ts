/** The end of a server behind a load balancer, which has sent it nothing new for a while, but whose clients keep connections. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const lookEveryMs = 100;

/**
 * Serves what still comes, each answer asking its client to leave the connection, until there is none; then closes. To close a
 * connection that is idle loses the request that is on its way on it.
 * @param lingerMs for so long at most; longer than clients keep idle connections, and nothing is lost
 * @param leave ends what would not end by itself
 */
export async function closeGently(server: Server, lingerMs: number, leave: () => void): Promise<void> {
  const closed = once(server, 'close');
  server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
  const deadline = performance.now() + lingerMs;
  while (performance.now() < deadline && (await connectionsOf(server)) > 0) await sleep(lookEveryMs);
  leave();
  server.close();
  server.closeIdleConnections();
  await closed;
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}
