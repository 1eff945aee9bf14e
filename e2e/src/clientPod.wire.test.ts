/** The client's calls look like `fetch`, at their ends too; its agent runs here, with no pod around it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ClientPod } from './clientPod.ts';
import type { Kubectl } from './kubectl.ts';

const agent = fileURLToPath(new URL('../client/agent.mjs', import.meta.url));
const spawned = {
  spawn: () => spawn(process.execPath, [agent], { stdio: ['pipe', 'pipe', 'inherit'] }),
} as unknown as Kubectl;

let server: Server;
let url: string;
/** Paths whose clients have left. */
let left: string[];
beforeAll(async () => {
  server = createServer((request, response) => {
    response.on('close', () => left.push(request.url ?? ''));
    if (request.url === '/silent') return;
    response.write('first');
    if (request.url === '/whole') response.end(', last');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

let pod: ClientPod;
beforeEach(async () => {
  left = [];
  pod = await ClientPod.attach(spawned, 'client');
});
afterEach(() => pod.stop());

const whole = async () => (await pod.fetch(`${url}/whole`)).text();

test('an answer is read to its end', async () => {
  expect(await whole()).toBe('first, last');
});

test('a call is given up when its signal says so, before it or within it', async () => {
  await expect(pod.fetch(`${url}/silent`, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow(
    'before',
  );
  const within = new AbortController();
  const call = pod.fetch(`${url}/endless`, { signal: within.signal });
  const reader = (await call).body?.getReader();
  await reader?.read();
  within.abort(new Error('within'));
  await expect(reader?.read()).rejects.toThrow('within');
  await expect.poll(() => left).toContain('/endless');
});

test('an answer that nobody reads on is left, and disturbs no other', async () => {
  await (await pod.fetch(`${url}/endless`)).body?.cancel();
  await expect.poll(() => left).toContain('/endless');
  expect(await whole()).toBe('first, last');
});

test('when the pod is gone, so are the calls under way, and all later ones', async () => {
  const call = pod.fetch(`${url}/silent`);
  pod.stop();
  await expect(call).rejects.toThrow('the client pod is gone');
  await expect(whole()).rejects.toThrow('the client pod is gone');
});
