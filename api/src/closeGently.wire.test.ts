import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { closeGently } from './closeGently.ts';

async function listening() {
  const server = createServer((_request, response) => response.end('ok'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const call = async () => {
    const [response] = (await once(get({ port, agent }), 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return response.headers.connection;
  };
  return { server, agent, call };
}

test('a connection that a client keeps is served to the end, and asked to be left', async () => {
  const { server, agent, call } = await listening();
  expect(await call()).toBe('keep-alive');
  const closed = closeGently(server, 5_000, () => undefined);
  expect(await call()).toBe('close');
  const startedAt = performance.now();
  await closed;
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  agent.destroy();
});

test('a client that keeps its connection all the same is waited for no longer than was said', async () => {
  const { server, agent, call } = await listening();
  await call();
  let left = false;
  await closeGently(server, 300, () => {
    left = true;
  });
  expect(left).toBe(true);
  agent.destroy();
});
