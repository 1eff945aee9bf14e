/** The sign of life of a pool's loops, asked of BullMQ itself on a real Redis. */
import { randomUUID } from 'node:crypto';
import { type JobData, laneName, type Operation, systemWorld } from '@story-tasks/contracts';
import { createLogger } from '@story-tasks/runtime';
import { type RedisServer, type SilentProxy, startRedis, startSilentProxy } from '@story-tasks/runtime/test';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decideLiveness } from '../src/decideLiveness.ts';
import { LanePool } from '../src/lanePool.ts';
import type { JobEnd } from '../src/processJob.ts';

const operation: Operation = 'BUILD_PLAYER_BUNDLE';
const job: JobData = { taskId: randomUUID(), operation, storyId: null };
/** An idle loop turns every second or so. */
const silentMs = 4_000;

let server: RedisServer;
let proxy: SilentProxy;
let redis: Redis;
let queue: Queue;
let pool: LanePool;
let lines: Record<string, unknown>[];
let runJob: (job: JobData) => Promise<JobEnd>;

beforeEach(async () => {
  server = await startRedis();
  proxy = await startSilentProxy(server.port);
  // As of the use `blocking`, but without the limit that would find out that a connection is dead.
  redis = new Redis(proxy.port, '127.0.0.1', { maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  queue = new Queue(laneName(operation), { connection: { host: '127.0.0.1', port: server.port } });
  runJob = async () => ({ next: 'done', outcome: 'succeeded' });
  const process = (data: JobData) => runJob(data);
  lines = [];
  const logger = createLogger('test', 'info', { write: (line) => void lines.push(JSON.parse(line)) });
  const { clock } = systemWorld;
  pool = new LanePool({ operation, slots: 2, redis, infoAllowed: true, leaseMs: 15_000, process, clock, logger });
});
afterEach(async () => {
  const closed = pool.close();
  // A pool waits for an answer for ever, and these connections may be dead.
  redis.disconnect();
  await proxy.stop();
  await closed;
  await queue.close();
  await server.stop();
});

function liveness() {
  const redisSince = redis.status === 'ready' ? 0 : null;
  const observed = { now: performance.now(), redisSince, loops: pool.observe(), stall: null };
  return decideLiveness(observed, { silentMs, toldMs: 0 });
}
const turned = () => Math.min(...pool.observe().map(({ turnedAt }) => turnedAt));
const loopsTurn = () => {
  const now = performance.now();
  return expect.poll(turned, { timeout: 10_000 }).toBeGreaterThan(now);
};

test('idle loops turn by themselves', async () => {
  for (let turn = 0; turn < 3; turn += 1) await loopsTurn();
  expect(liveness()).toEqual({ ok: true });
});

test('a loop with a job owes no turn, and turns again after it', async () => {
  const { promise, resolve } = Promise.withResolvers<JobEnd>();
  runJob = () => promise;
  await queue.add('job', job);
  const busy = () => pool.observe().filter((loop) => loop.busy).length;
  await expect.poll(busy, { timeout: 10_000 }).toBe(1);
  resolve({ next: 'done', outcome: 'succeeded' });
  await expect.poll(busy, { timeout: 10_000 }).toBe(0);
  await loopsTurn();
});

test('loops whose connection is dead, though it says it is up, turn no more; and that is not alive', async () => {
  await loopsTurn();
  proxy.swallowOpen();
  await expect.poll(() => liveness().ok, { timeout: 15_000 }).toBe(false);
  expect(redis.status).toBe('ready');
  expect(liveness()).toEqual({ ok: false, silentLanes: [laneName(operation)] });
});

test('loops whose writes Redis refuses turn all the same, and go on when it takes them: a restart would help nobody', async () => {
  await loopsTurn();
  const admin = new Redis(server.url);
  await admin.replicaof('127.0.0.1', 1);
  await expect(admin.set('key', '')).rejects.toThrow('READONLY');
  for (let turn = 0; turn < 3; turn += 1) await loopsTurn();
  expect(liveness()).toEqual({ ok: true });
  // Two loops came by it three times each.
  const refusals = lines.filter(({ refusal }) => refusal === 'READONLY');
  expect(refusals).toMatchObject([{ level: 'error', operation, msg: 'Redis refuses a command that this lane needs' }]);
  await admin.replicaof('NO', 'ONE');
  admin.disconnect();
  await queue.add('job', job, { removeOnComplete: true });
  await expect.poll(() => queue.getJobCounts('waiting', 'active')).toEqual({ waiting: 0, active: 0 });
});

test('a job that fails by a fault of ours is told with its place; one whose run failed is not', async () => {
  const ends: (() => Promise<JobEnd>)[] = [
    async () => ({ next: 'failed', code: 'LLM_UNAVAILABLE' }),
    async () => {
      throw new TypeError('not a function: a prompt');
    },
  ];
  runJob = () => ends.shift()?.() ?? Promise.reject(new Error('there are two'));
  await queue.addBulk([1, 2].map((n) => ({ name: 'job', data: job, opts: { jobId: `job-${n}` } })));
  await expect.poll(() => queue.getJobCounts('failed'), { timeout: 10_000 }).toEqual({ failed: 2 });
  await expect.poll(() => lines, { timeout: 2_000 }).toHaveLength(1);
  expect(lines).toMatchObject([{ level: 'error', operation, error: { type: 'TypeError' } }]);
  expect(JSON.stringify(lines)).not.toContain('a prompt');
});

test('an outage of Redis is told by its connection, not by each loop', async () => {
  await loopsTurn();
  await server.stop();
  await expect.poll(() => redis.status, { timeout: 5_000 }).toBe('reconnecting');
  server = await startRedis({ port: server.port });
  await loopsTurn();
  expect(lines).toEqual([]);
});
