import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { StoreCall } from './storeCall.ts';
import { StoreLink } from './storeLink.ts';
import { TcpLink } from './tcpLink.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function listening<S extends Server>(server: S): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A store that counts what it committed. */
async function startStore(): Promise<{ url: string; committed: string[] }> {
  const committed: string[] = [];
  const server = createHttp((request, response) => {
    committed.push(request.url ?? '');
    request.resume();
    response.setHeader('content-type', 'application/json').end('{"outcome":"done"}');
  });
  return { url: `http://127.0.0.1:${await listening(server)}`, committed };
}

async function storeLink(target: string, calls: StoreCall[] = []): Promise<StoreLink> {
  const link = await StoreLink.start(
    'api-store',
    target,
    () => 0.5,
    (call) => calls.push(call),
  );
  open.push(link);
  return link;
}

const claim = (link: StoreLink) =>
  fetch(`http://127.0.0.1:${link.port}/rest/v1/rpc/claim_story_task`, {
    method: 'POST',
    body: JSON.stringify({ request: { taskId: 'a' } }),
    signal: AbortSignal.timeout(2_000),
  }).then(
    ({ status }) => status,
    () => 'broken' as const,
  );

test('a call is recorded by its name, with what was asked and answered', async () => {
  const calls: StoreCall[] = [];
  const link = await storeLink((await startStore()).url, calls);
  expect(await claim(link)).toBe(200);
  expect(calls).toMatchObject([{ what: 'claim_story_task', request: { taskId: 'a' }, reply: { outcome: 'done' } }]);
});

test('a reply is dropped after the store has committed, and a refusal comes before', async () => {
  const store = await startStore();
  const link = await storeLink(store.url);
  link.chooseFault = () => 'drop reply';
  expect([await claim(link), store.committed.length]).toEqual(['broken', 1]);
  link.chooseFault = () => '503';
  expect([await claim(link), store.committed.length]).toEqual([503, 1]);
  link.chooseFault = () => '57014';
  expect([await claim(link), store.committed.length]).toEqual([500, 1]);
});

test('what a black hole holds passes when it ends', async () => {
  const store = await startStore();
  const link = await storeLink(store.url);
  link.suffer({ blackHole: true });
  const asked = claim(link);
  await expect.poll(() => link.messages).toBe(1);
  expect(store.committed).toEqual([]);
  link.heal();
  expect([await asked, store.committed.length]).toEqual([200, 1]);
});

/** Says back what it hears. */
async function startEcho(): Promise<number> {
  return listening(createServer((socket) => void socket.on('error', () => undefined).pipe(socket)));
}

async function client(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  open.push({ close: () => socket.destroy() });
  await once(socket, 'connect');
  return socket;
}

async function echoed(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [chunk] = (await once(socket, 'data', { signal: AbortSignal.timeout(2_000) })) as [Buffer];
  return chunk.toString();
}

/** A reset is an error first, and then the end. */
const closing = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

test('the subscription alone is cut, and commands pass', async () => {
  const port = await startEcho();
  const link = await TcpLink.start(
    'worker-redis',
    () => port,
    () => 0.5,
  );
  open.push(link);
  const [subscriber, commands] = [await client(link.port), await client(link.port)];
  expect(await echoed(subscriber, 'SUBSCRIBE x')).toBe('SUBSCRIBE x');
  const closed = closing(subscriber);
  link.sufferAsSubscriber({ refuse: true });
  await closed;
  expect(await echoed(commands, 'PING')).toBe('PING');
});

test('a link that is cut breaks what is open, and takes new connections', async () => {
  const port = await startEcho();
  const link = await TcpLink.start(
    'worker-redis',
    () => port,
    () => 0.5,
  );
  open.push(link);
  const first = await client(link.port);
  await echoed(first, 'a');
  const closed = closing(first);
  link.cut();
  await closed;
  expect(await echoed(await client(link.port), 'b')).toBe('b');
});
