/** How full the lanes are said to be, compared with what BullMQ itself put into a real Redis. */
import { randomUUID } from 'node:crypto';
import { laneName, operationNames, type TaskRecord } from '@story-tasks/contracts';
import { type ConnectionOptions, type Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  connectRedis,
  createLanes,
  createLogger,
  type LaneReading,
  type Lanes,
  LaneUnavailableError,
} from '../src/index.ts';
import { type RedisServer, startRedis } from './redis.ts';

const operation = 'BUILD_PLAYER_BUNDLE';
const empty = { waiting: 0, prioritized: 0, delayed_due: 0, delayed_later: 0, active: 0, paused: 0 };

let server: RedisServer;
let redis: Redis;
let lanes: Lanes;
let queue: Queue;
let worker: Worker;

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, 'blocking', createLogger('test', 'silent'));
  const connection = redis as unknown as ConnectionOptions;
  lanes = createLanes(redis);
  queue = new Queue(laneName(operation), { connection });
  worker = new Worker(laneName(operation), null, { connection, lockDuration: 60_000 });
  worker.on('error', () => undefined);
});
afterEach(() => redis.flushall());
afterAll(async () => {
  await worker.close(true);
  await queue.close();
  await lanes.close();
  redis.disconnect();
  await server.stop();
});

const add = (options: { delay?: number; priority?: number; timestamp?: number } = {}) =>
  queue.add('a job', {}, { jobId: randomUUID(), ...options });

async function take(): Promise<{ job: Job; token: string }> {
  const token = randomUUID();
  const job = await worker.getNextJob(token);
  if (!job) throw new Error('there was no job to take');
  return { job, token };
}

async function reading(): Promise<LaneReading> {
  const found = (await lanes.readings()).get(operation);
  if (!found) throw new Error(`there is no reading of ${operation}`);
  return found;
}

test('lanes in which nothing is have a reading of zeros each', async () => {
  const nothing = { isPaused: false, jobs: empty, oldestWaitingMs: 0 };
  expect(await lanes.readings()).toEqual(new Map(operationNames.map((name) => [name, nothing])));
});

test('each job counts once, in its own state', async () => {
  for (let more = 3; more > 0; more -= 1) await add();
  await take();
  await add({ priority: 5 });
  await add({ delay: 3_600_000 });
  await add({ delay: 1_000, timestamp: Date.now() - 5_000 });
  expect((await reading()).jobs).toEqual({
    waiting: 2,
    prioritized: 1,
    delayed_due: 1,
    delayed_later: 1,
    active: 1,
    paused: 0,
  });
});

test('what is due is what BullMQ itself would move on now', async () => {
  const now = Date.now();
  for (const delay of [-2_000, -1, 60_000]) await add({ delay: 10_000, timestamp: now - 10_000 + delay });
  const { delayed_due, delayed_later } = (await reading()).jobs;
  await take();
  const { waiting = 0, delayed } = await queue.getJobCounts('waiting', 'delayed');
  expect([delayed_due, delayed_later]).toEqual([waiting + 1, delayed]);
});

test('in a paused lane the jobs that would be taken count as paused', async () => {
  await add();
  await add();
  await add({ priority: 5 });
  await take();
  await queue.pause();
  expect(await reading()).toMatchObject({ isPaused: true, jobs: { ...empty, active: 1, paused: 2 } });
  await queue.resume();
  expect(await reading()).toMatchObject({ isPaused: false, jobs: { waiting: 1, prioritized: 1, paused: 0 } });
});

const ago = (milliseconds: number) => Date.now() - milliseconds;
const slackMs = 2_000;

test.each([
  ['in the list', () => add({ timestamp: ago(60_000) })],
  ['among the prioritized', () => add({ timestamp: ago(60_000), priority: 5 })],
  ['delayed, its time having come', () => add({ timestamp: ago(90_000), delay: 30_000 })],
])('the job that waits for longest is %s', async (_place, addOldest) => {
  await addOldest();
  await add({ timestamp: ago(5_000) });
  await add({ timestamp: ago(600_000), delay: 3_600_000 });
  const { oldestWaitingMs } = await reading();
  expect(oldestWaitingMs).toBeGreaterThanOrEqual(60_000);
  expect(oldestWaitingMs).toBeLessThan(60_000 + slackMs);
});

test('a job that came back from a run waits since that run began, not since it was made', async () => {
  await add({ timestamp: ago(600_000) });
  const { job, token } = await take();
  await job.moveToWait(token);
  const { jobs, oldestWaitingMs } = await reading();
  expect(jobs.waiting).toBe(1);
  expect(oldestWaitingMs).toBeLessThan(slackMs);
});

test('a job from a clock that is ahead has not waited at all', async () => {
  await add({ timestamp: ago(-600_000) });
  expect((await reading()).oldestWaitingMs).toBe(0);
});

test('ten thousand jobs are read as quickly as ten', async () => {
  const many = Array.from({ length: 10_000 }, () => ({ name: 'a job', data: {}, opts: { jobId: randomUUID() } }));
  await queue.addBulk(many);
  const startedAt = performance.now();
  expect((await reading()).jobs.waiting).toBe(10_000);
  const tookMs = performance.now() - startedAt;
  console.log(`a reading of all lanes with 10,000 jobs took ${tookMs.toFixed(1)} ms`);
  expect(tookMs).toBeLessThan(500);
});

test('with Redis away there is no reading, and that is said soon', async () => {
  const other = await startRedis();
  const away = connectRedis(other.url, 'prompt', createLogger('test', 'silent'));
  const lanesAway = createLanes(away);
  await lanesAway.ready();
  await lanesAway.enqueue({ id: randomUUID(), operation, storyId: null, payload: {} } as unknown as TaskRecord);
  expect((await lanesAway.readings()).get(operation)?.jobs.waiting).toBe(1);
  await other.stop();
  const startedAt = performance.now();
  await expect(lanesAway.readings()).rejects.toThrow(LaneUnavailableError);
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  await lanesAway.close();
  away.disconnect();
});
