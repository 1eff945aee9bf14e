/** The forwarder between real event streams and a real record. */
import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { laneName, type Operation } from '@story-tasks/contracts';
import { connectRedis, createLaneEvents, createLogger } from '@story-tasks/runtime';
import { type RedisServer, startRedis } from '@story-tasks/runtime/test';
import { connectStore, createThroughputRepository, type Store } from '@story-tasks/supabase';
import { startLite } from '@story-tasks/supabase/test';
import { DelayedError, type Job, Queue, WaitingError, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Forwarder } from '../src/forwarder/forwarder.ts';
import { forgetThroughput, throughputRows } from './throughputRows.ts';

const operation: Operation = 'RUN_WORKFLOW_TASK';
const lane = laneName(operation);
const stream = `bull:${lane}:events`;

let server: RedisServer;
let lite: Awaited<ReturnType<typeof startLite>>;
let store: Store;
let prompt: Redis;
let redis: Redis;
const lines: string[] = [];
const log = new Writable({
  write(chunk, _encoding, done) {
    lines.push(JSON.parse(String(chunk)).msg);
    done();
  },
});

beforeAll(async () => {
  [server, lite] = await Promise.all([startRedis(), startLite()]);
  store = connectStore({ url: lite.url, secretKey: lite.secretKey });
  prompt = connectRedis(server.url, 'prompt', createLogger('test', 'silent'));
  redis = new Redis(server.url);
});
beforeEach(async () => {
  await redis.flushall();
  await forgetThroughput(store);
  lines.length = 0;
});
afterAll(async () => {
  for (const connection of [prompt, redis]) connection.disconnect();
  await Promise.all([server.stop(), lite.stop()]);
});

/** One that knows nothing of those before it, as after a crash. */
const newForwarder = (to: Store = store) =>
  new Forwarder({
    events: createLaneEvents(prompt),
    record: createThroughputRepository(to),
    logger: createLogger('test', 'info', log),
  });
const forward = () => newForwarder().tick();

const rows = () => throughputRows(store, operation);
const total = async (event: string) =>
  (await rows()).filter((row) => row.event === event).reduce((sum, row) => sum + row.count, 0);
const incompleteMinutes = async () => [
  ...new Set((await rows()).filter((row) => row.incomplete).map(({ minute }) => minute)),
];

/** Adds events whose time is the given one. */
async function addAt(milliseconds: number, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await redis.xadd(stream, `${milliseconds}-${n + 1}`, 'event', 'added');
}
/** Read once: a minute that ends in the middle of a test must not shift what it expects. */
const startedAt = Date.now();
const minutesAgo = (minutes: number) => Math.floor(startedAt / 60_000 - minutes) * 60_000 + 30_000;
const minuteOf = (milliseconds: number) => Math.floor(milliseconds / 60_000);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('what BullMQ tells of jobs is counted by what became of them', async () => {
  const queue = new Queue(lane, { connection: { host: '127.0.0.1', port: server.port } });
  const seen = new Set<string>();
  const firstTime = (job: Job) => !seen.has(job.id ?? '') && seen.add(job.id ?? '');
  const process = async (job: Job, token?: string) => {
    if (job.name === 'fails') throw new Error('no');
    if (job.name === 'comes back' && firstTime(job)) {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    if (job.name === 'put off' && firstTime(job)) {
      await job.moveToDelayed(Date.now() + 1, token);
      throw new DelayedError();
    }
    return { outcome: ['fails', 'comes back', 'put off'].includes(job.name) ? 'succeeded' : job.name };
  };
  const names = ['succeeded', 'succeeded', 'cancelled', 'refused: terminal', 'stale', 'fails', 'comes back', 'put off'];
  for (const name of names) await queue.add(name, {}, { jobId: randomUUID() });
  const removed = await queue.add('removed', {}, { jobId: randomUUID(), delay: 60_000 });
  await removed.remove();
  const worker = new Worker(lane, process, {
    connection: { host: '127.0.0.1', port: server.port, maxRetriesPerRequest: null },
    drainDelay: 1,
  });
  const ended = async () => {
    const { completed = 0, failed = 0 } = await queue.getJobCounts('completed', 'failed');
    return completed + failed;
  };
  await expect.poll(ended, { timeout: 20_000 }).toBe(names.length);
  await worker.close();
  await forward();
  const counts: Record<string, number> = {};
  for (const { event, count } of await rows()) counts[event] = (counts[event] ?? 0) + count;
  expect(counts).toEqual({
    added: 9,
    started: 10,
    succeeded: 4,
    cancelled: 1,
    refused: 1,
    stale: 1,
    failed: 1,
    returned: 1,
    delayed: 2,
    removed: 1,
  });
  await queue.close();
});

test('a forwarder goes on where another was killed, in pages, and counts nothing twice', async () => {
  await addAt(minutesAgo(3), 2_500);
  await forward();
  await addAt(minutesAgo(1), 7);
  await forward();
  await forward();
  expect(await rows()).toEqual([
    expect.objectContaining({ event: 'added', count: 2_500, incomplete: false }),
    expect.objectContaining({ event: 'added', count: 7, incomplete: false }),
  ]);
});

test('of many forwarders at once, each event is counted by one', async () => {
  const forwarders = Array.from({ length: 6 }, () => newForwarder());
  let added = 0;
  for (let round = 0; round < 10; round += 1) {
    for (let n = 0; n < 20; n += 1, added += 1) await redis.xadd(stream, '*', 'event', 'added');
    await Promise.all(forwarders.map((forwarder) => forwarder.tick()));
  }
  await forward();
  expect(await total('added')).toBe(added);
  expect(await incompleteMinutes()).toEqual([]);
});

test('a stream that was trimmed past the position leaves the minutes between marked, and the rest exact', async () => {
  const [before, lost, after] = [minutesAgo(20), minutesAgo(15), minutesAgo(10)];
  await addAt(before, 3);
  await forward();
  await addAt(lost, 50);
  await addAt(after, 4);
  await addAt(minutesAgo(5), 2);
  await redis.xtrim(stream, 'MAXLEN', 5);
  await forward();
  expect(await incompleteMinutes()).toEqual(range(minuteOf(before), minuteOf(after)));
  const exact = (await rows()).filter((row) => !row.incomplete);
  expect(exact).toEqual([expect.objectContaining({ minute: minuteOf(minutesAgo(5)), event: 'added', count: 2 })]);
  await forward();
  expect(await total('added')).toBe(3 + 3 + 2);
  console.log(`XTRIM: ${(await incompleteMinutes()).length} minutes marked`);
});

test('one that was trimmed up to just before the position is exact', async () => {
  await addAt(minutesAgo(20), 5);
  await forward();
  await addAt(minutesAgo(10), 5);
  await redis.xtrim(stream, 'MAXLEN', 6);
  await forward();
  expect([await total('added'), await incompleteMinutes()]).toEqual([10, []]);
});

test('one that was trimmed before anybody looked has its first minute marked', async () => {
  await addAt(minutesAgo(9), 3);
  await addAt(minutesAgo(8), 3);
  await redis.xtrim(stream, 'MAXLEN', 5);
  await forward();
  expect([await total('added'), await incompleteMinutes()]).toEqual([5, [minuteOf(minutesAgo(9))]]);
});

test('after FLUSHALL the minutes since the position are marked, and then no more while nothing happens', async () => {
  const before = minutesAgo(12);
  await addAt(before, 3);
  await forward();
  await redis.flushall();
  await forward();
  const marked = await incompleteMinutes();
  expect(marked.slice(0, 12)).toEqual(range(minuteOf(before), minuteOf(before) + 11));
  await forward();
  expect(await incompleteMinutes()).toEqual(marked);
  expect(await total('added')).toBe(3);
  await redis.xadd(stream, '*', 'event', 'added');
  await forward();
  expect(await total('added')).toBe(4);
  console.log(`FLUSHALL: ${marked.length} minutes marked`);
});

test('a lane that was flushed and went on while nobody looked is marked up to its first new event', async () => {
  await addAt(minutesAgo(12), 3);
  await forward();
  await redis.flushall();
  await addAt(minutesAgo(6), 2);
  await addAt(minutesAgo(2), 2);
  await forward();
  expect(await incompleteMinutes()).toEqual(range(minuteOf(minutesAgo(12)), minuteOf(minutesAgo(6))));
  expect(await total('added')).toBe(7);
});

test('a Redis that lost its data and whose clock was set back: what it has is not counted, but marked', async () => {
  const ahead = minutesAgo(-60);
  await addAt(ahead, 3);
  await forward();
  await redis.flushall();
  await addAt(minutesAgo(4), 2);
  await forward();
  const marked = await incompleteMinutes();
  expect(marked.slice(0, 4)).toEqual(range(minuteOf(minutesAgo(4)), minuteOf(minutesAgo(1))));
  expect(marked.at(-1)).toBe(minuteOf(ahead));
  await redis.xadd(stream, '*', 'event', 'added');
  await forward();
  expect(await total('added')).toBe(3 + 1);
});

test('the first look at a lane without events marks nothing, and from then on it is exact', async () => {
  await forward();
  await redis.xadd(stream, '*', 'event', 'added');
  await forward();
  expect([await total('added'), await incompleteMinutes()]).toEqual([1, []]);
});

test('while the store or Redis is away it pauses, says so once a lane, and goes on after', async () => {
  const closed = connectStore({ url: 'http://127.0.0.1:9', secretKey: 'none', timeoutMs: 300 });
  const forwarder = newForwarder(closed);
  await addAt(minutesAgo(3), 2);
  for (let tick = 0; tick < 3; tick += 1) await forwarder.tick();
  expect(lines).toEqual(Array(3).fill('the forwarder pauses'));

  lines.length = 0;
  const patient = newForwarder();
  await patient.tick();
  await server.stop();
  for (let tick = 0; tick < 3; tick += 1) await patient.tick();
  expect(lines).toEqual(Array(3).fill('the forwarder pauses'));
  server = await startRedis({ port: server.port });
  await expect.poll(() => prompt.status, { timeout: 10_000 }).toBe('ready');
  await patient.tick();
  expect(lines.filter((line) => line === 'the forwarder goes on')).toHaveLength(3);
  // The new Redis is empty.
  expect(await incompleteMinutes()).not.toEqual([]);
  expect(await total('added')).toBe(2);
});
