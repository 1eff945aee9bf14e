import { systemWorld } from '@story-tasks/contracts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeApiServer, type FakeRequest } from '../../test/kubernetes/index.ts';
import { connectKubernetes, type Kubernetes } from '../kubernetes/index.ts';
import { createLogger } from '../logger.ts';
import { configMapSource } from './configMapSource.ts';
import type { SettingsLook } from './settingsSource.ts';

const collection = '/api/v1/namespaces/stories/configmaps';
const path = `${collection}/operations`;
const missing = 'there is none of this name';
const within2s = { timeout: 2_000, interval: 10 };
const within10s = { timeout: 10_000, interval: 20 };

let server: FakeApiServer;
let kubernetes: Kubernetes;
let told: string[];
let watching: { stop(): void } | undefined;
const logger = createLogger('test', 'silent');
const warned = vi.spyOn(logger, 'warn');

beforeEach(async () => {
  server = await FakeApiServer.start();
  kubernetes = connectKubernetes(server.config());
  told = [];
  warned.mockClear();
});
afterEach(async () => {
  watching?.stop();
  await server.stop();
});

/** @param readEveryMs long where a test is to see the watch alone at work */
function start(readEveryMs = 3_600_000): void {
  const tell = (look: SettingsLook) => told.push(look.found ? look.text : look.missing);
  const source = { kubernetes, namespace: 'stories', name: 'operations', logger, readEveryMs };
  watching = configMapSource({ ...source, ...systemWorld }).watch(tell);
}

const write = (text: string) => server.set(path, { data: { 'operations.yaml': text } });
const isTold = (text: string, limit = within2s) => expect.poll(() => told.at(-1), limit).toBe(text);
const isWatch = ({ query }: FakeRequest) => query.get('watch') === 'true';
const watches = () => server.requests.filter(isWatch).length;
const lists = () => server.requests.length - watches();
/** A watch stands, the next change comes by it. */
const watched = async () => {
  await expect.poll(() => server.openWatches, within2s).toBe(1);
};

test('it is told at the start, when it is edited, deleted, and there again; of others, nothing', async () => {
  write('a');
  start();
  await isTold('a');
  await watched();
  write('b');
  await isTold('b');
  server.set(`${collection}/another`, { data: { 'operations.yaml': 'not ours' } });
  server.set(path, { data: { 'another.yaml': 'x' } });
  await isTold('it has no key operations.yaml');
  server.delete(path);
  await isTold(missing);
  write('c');
  await isTold('c');
  expect(told).not.toContain('not ours');
  expect(lists()).toBe(1);
});

test('what is asked is what a Role by resourceNames allows: this one name', async () => {
  start();
  await watched();
  const selectors = server.requests.map(({ query }) => query.get('fieldSelector'));
  expect(new Set(selectors)).toEqual(new Set(['metadata.name=operations']));
});

test('one that is made later is found', async () => {
  start();
  await isTold(missing);
  write('a');
  await isTold('a');
});

test('watches that break are made anew, and miss nothing', async () => {
  write('a');
  start();
  await watched();
  for (const text of ['b', 'c', 'd']) {
    server.breakWatches();
    write(text);
    await isTold(text);
  }
});

test('a watch from a version that is gone is begun anew from what is there', async () => {
  write('a');
  server.intercept = (request) => {
    if (isWatch(request) && watches() === 1) server.forgetHistory();
    return undefined;
  };
  start();
  await expect.poll(watches, within2s).toBe(2);
  write('b');
  await isTold('b');
});

test.each([
  ['does not let us in', { status: 403 }],
  ['has too much to do', { status: 429 }],
  ['breaks off', 'reset'],
] as const)(
  'while the API server %s, all stays; afterwards the next look counts, and it is logged once',
  async (_name, fault) => {
    write('a');
    start();
    await watched();
    server.intercept = () => fault;
    server.breakWatches();
    write('b');
    await expect.poll(() => server.requests.length, within10s).toBeGreaterThan(6);
    expect(told).toEqual(['a']);
    expect(warned).toHaveBeenCalledTimes(1);
    server.intercept = () => undefined;
    await isTold('b', { timeout: 3_000, interval: 10 });
  },
);

test('an API server that answers nothing is given up, and asked again', { timeout: 30_000 }, async () => {
  write('a');
  start();
  await watched();
  server.intercept = () => 'hang';
  server.breakWatches();
  write('b');
  const asked = server.requests.length;
  await expect.poll(() => server.requests.length, within10s).toBeGreaterThan(asked);
  server.intercept = () => undefined;
  await isTold('b', within10s);
});

test('an API server that is away and comes back at its old address is found again', { timeout: 30_000 }, async () => {
  write('a');
  start();
  await watched();
  const { port } = new URL(server.url);
  await server.stop();
  await expect.poll(() => warned.mock.calls.length, within10s).toBe(1);
  server = await FakeApiServer.start(Number(port));
  write('b');
  await isTold('b', within10s);
});

test('a watch that is connected and says nothing is found out by reading, and replaced', async () => {
  write('a');
  start(300);
  await watched();
  const before = watches();
  server.watchesMuted = true;
  write('b');
  await isTold('b');
  await expect.poll(watches, within2s).toBeGreaterThan(before);
  server.watchesMuted = false;
  server.breakWatches();
  write('c');
  await isTold('c');
});

test('a library that refuses to watch is no reason to end, or to ask without a pause', async () => {
  write('a');
  kubernetes = { ...kubernetes, watch: { watch: () => Promise.reject(new Error('no token')) } as never };
  start();
  await isTold('a');
  write('b');
  await isTold('b', { timeout: 3_000, interval: 10 });
  expect(lists()).toBeLessThan(10);
});

test('a watch that tells late what was told long ago changes nothing', async () => {
  const old = write('a');
  write('b');
  let say: (type: string, object: unknown) => void = () => undefined;
  const watch = (_path: string, _query: unknown, callback: typeof say) => {
    say = callback;
    return Promise.resolve(new AbortController());
  };
  kubernetes = { ...kubernetes, watch: { watch } as never };
  start();
  await isTold('b');
  await expect.poll(() => say.length, within2s).toBe(2);
  say('MODIFIED', old);
  say('DELETED', old);
  expect(told).toEqual(['b']);
  say('MODIFIED', write('c'));
  expect(told).toEqual(['b', 'c']);
});

test('stopped, it asks nothing more and leaves no watch', async () => {
  write('a');
  start(20);
  await watched();
  watching?.stop();
  await expect.poll(() => server.openWatches, within2s).toBe(0);
  const asked = server.requests.length;
  write('b');
  expect(told).toEqual(['a']);
  expect(server.requests.length).toBe(asked);
});
