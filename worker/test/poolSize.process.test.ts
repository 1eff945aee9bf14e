/** A pool that grows and shrinks under its jobs, on a real Redis. */
import { randomUUID } from 'node:crypto';
import { type JobData, laneName, type Operation, systemWorld } from '@story-tasks/contracts';
import { createLogger } from '@story-tasks/runtime';
import { type RedisServer, startRedis } from '@story-tasks/runtime/test';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LanePool } from '../src/lanePool.ts';
import type { JobEnd } from '../src/processJob.ts';

const operation: Operation = 'BUILD_PLAYER_BUNDLE';
const { clock } = systemWorld;
const logger = createLogger('test', 'silent');
const within2s = { timeout: 2_000, interval: 10 };
const within5s = { timeout: 5_000, interval: 10 };

let server: RedisServer;
let redis: Redis;
let queue: Queue<JobData>;
let pool: LanePool;
/** Jobs under way, each until its end is called. */
let running: Map<string, () => void>;
let most: number;
let done: string[];

const process = async ({ taskId }: JobData): Promise<JobEnd> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  running.set(taskId, resolve);
  most = Math.max(most, running.size);
  await promise;
  running.delete(taskId);
  done.push(taskId);
  return { next: 'done', outcome: 'succeeded' };
};

const newPool = (slots: number) =>
  new LanePool({ operation, slots, redis, infoAllowed: true, leaseMs: 15_000, process, clock, logger });

beforeEach(async () => {
  server = await startRedis();
  redis = new Redis(server.url, { maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  queue = new Queue(laneName(operation), { connection: { host: '127.0.0.1', port: server.port } });
  [running, most, done] = [new Map(), 0, []];
  pool = newPool(1);
});
afterEach(async () => {
  const closed = pool.close();
  endAll();
  await closed;
  await queue.close();
  redis.disconnect();
  await server.stop();
});

async function addJobs(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  const options = { removeOnComplete: true, removeOnFail: true };
  const jobs = ids.map((jobId) => ({
    name: operation,
    data: { taskId: jobId, operation, storyId: null },
    opts: { ...options, jobId },
  }));
  await queue.addBulk(jobs);
  return ids;
}
const run = () => running.size;
function end(count: number): void {
  for (const endRun of [...running.values()].slice(0, count)) endRun();
}
const endAll = () => end(running.size);
const waiting = () => queue.getJobCounts('waiting', 'active');

test('raised, more jobs are taken within two seconds while the one before goes on', async () => {
  await addJobs(6);
  await expect.poll(run, within2s).toBe(1);
  const [first] = running.keys();
  pool.resize(4);
  await expect.poll(run, within2s).toBe(4);
  expect([...running.keys()]).toContain(first);
  expect(done).toEqual([]);
});

test('lowered, what runs goes on, and nothing begins above the new figure', async () => {
  pool.resize(4);
  await addJobs(8);
  await expect.poll(run, within2s).toBe(4);
  pool.resize(2);
  for (const left of [3, 2]) {
    end(1);
    await expect.poll(run, within2s).toBe(left);
  }
  end(1);
  await expect.poll(() => done.length, within2s).toBe(3);
  await expect.poll(run, within5s).toBe(2);
  expect(await waiting()).toEqual({ waiting: 3, active: 2 });
});

test('lowered and raised again under full load, no more run than may, and no job is lost or run twice', async () => {
  const ids = await addJobs(40);
  for (const slots of [10, 1, 10, 1, 10]) {
    pool.resize(slots);
    if (slots === 10) await expect.poll(run, within5s).toBe(10);
    else end(4);
  }
  expect(most).toBe(10);
  await expect
    .poll(() => {
      endAll();
      return done.length;
    }, within5s)
    .toBe(40);
  expect(done.toSorted()).toEqual(ids.toSorted());
});

test('with no slots nothing is taken, what runs ends, and the pool is empty; with slots it takes again', async () => {
  await addJobs(3);
  await expect.poll(run, within2s).toBe(1);
  pool.resize(0);
  expect(pool.isEmpty).toBe(false);
  endAll();
  await expect.poll(() => pool.isEmpty, within2s).toBe(true);
  expect(pool.observe()).toEqual([]);
  expect(await waiting()).toEqual({ waiting: 2, active: 0 });
  pool.resize(2);
  await expect.poll(run, within2s).toBe(2);
});

test('an idle pool is empty at once, though its loops were waiting for jobs', async () => {
  pool.resize(5);
  await expect.poll(async () => String(await redis.client('LIST')).match(/cmd=bzpopmin/gi)?.length, within2s).toBe(5);
  const startedAt = performance.now();
  pool.resize(0);
  await expect.poll(() => pool.isEmpty, within2s).toBe(true);
  expect(performance.now() - startedAt).toBeLessThan(500);
  await addJobs(1);
  expect(await waiting()).toEqual({ waiting: 1, active: 0 });
});

test('a job that was on its way to a worker when that was dismissed goes back to the lane, unclaimed', async () => {
  await expect.poll(async () => String(await redis.client('LIST')).includes('cmd=bzpopmin'), within2s).toBe(true);
  // Each is dismissed in the very moment in which a job comes to it.
  const ids: string[] = [];
  for (let turn = 0; turn < 10; turn += 1) {
    const added = addJobs(1);
    pool.resize(0);
    ids.push(...(await added));
    await expect.poll(() => pool.isEmpty, within2s).toBe(true);
    endAll();
    pool.resize(1);
  }
  await expect
    .poll(() => {
      endAll();
      return done.length;
    }, within5s)
    .toBe(ids.length);
  expect(done.toSorted()).toEqual(ids.toSorted());
});

test('with Redis frozen, an idle pool counts as empty within three seconds', async () => {
  await expect.poll(async () => String(await redis.client('LIST')).includes('cmd=bzpopmin'), within2s).toBe(true);
  server.freeze();
  pool.resize(0);
  await expect.poll(() => pool.isEmpty, { timeout: 3_000 }).toBe(true);
  server.thaw();
});

test('workers that come and go leave nothing behind on the connection that they share', async () => {
  pool.resize(3);
  await expect.poll(() => redis.status, within2s).toBe('ready');
  const listeners = () => redis.eventNames().reduce((sum, name) => sum + redis.listenerCount(name), 0);
  const before = listeners();
  for (let turn = 0; turn < 5; turn += 1) {
    pool.resize(0);
    await expect.poll(() => pool.isEmpty, within2s).toBe(true);
    pool.resize(3);
  }
  await expect.poll(listeners, within2s).toBe(before);
});
