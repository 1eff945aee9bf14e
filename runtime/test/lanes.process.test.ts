/** What the lanes rely on in BullMQ, asked of BullMQ itself on a real Redis. */
import { randomUUID } from 'node:crypto';
import { laneName, type TaskRecord } from '@story-tasks/contracts';
import { type ConnectionOptions, type Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { connectRedis, createLanes, createLogger, type Lanes, LaneUnavailableError } from '../src/index.ts';
import { type RedisServer, startRedis } from './redis.ts';

const operation = 'BUILD_PLAYER_BUNDLE';
const lane = laneName(operation);
const logger = createLogger('test', 'silent');

let server: RedisServer;
let redis: Redis;
let connection: ConnectionOptions;
let lanes: Lanes;
let queue: Queue;
const workers: Worker[] = [];

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, 'blocking', logger);
  connection = redis as unknown as ConnectionOptions;
  lanes = createLanes(redis);
  queue = new Queue(lane, { connection });
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close(true)));
  await redis.flushall();
});
afterAll(async () => {
  await queue.close();
  await lanes.close();
  redis.disconnect();
  await server.stop();
});

const newTask = () => ({ id: randomUUID(), operation, storyId: null, payload: {} }) as unknown as TaskRecord;

/** Adds a job that says `first`, and is kept when it ends. */
const addFirst = (id: string, options: { delay?: number; priority?: number } = {}) =>
  queue.add('first', {}, { jobId: id, ...options });

/** Takes the next job as a worker does that then says nothing more. */
async function take(lockDuration: number): Promise<{ job: Job; token: string }> {
  const worker = new Worker(lane, null, { connection, lockDuration });
  worker.on('error', () => undefined);
  workers.push(worker);
  const token = randomUUID();
  const job = await worker.getNextJob(token);
  if (!job) throw new Error('there was no job to take');
  return { job, token };
}

const liveLockMs = 60_000;
const lockGone = (id: string) => expect.poll(() => redis.exists(queue.toKey(`${id}:lock`))).toBe(0);

/** How a job of this id comes into each state. */
const states = {
  waiting: (id: string) => addFirst(id),
  delayed: (id: string) => addFirst(id, { delay: 60_000 }),
  prioritized: (id: string) => addFirst(id, { priority: 5 }),
  active: async (id: string) => {
    await addFirst(id);
    await take(1);
    await lockGone(id);
  },
  completed: async (id: string) => {
    await addFirst(id);
    const { job, token } = await take(liveLockMs);
    await job.moveToCompleted('done', token, false);
  },
  failed: async (id: string) => {
    await addFirst(id);
    const { job, token } = await take(liveLockMs);
    await job.moveToFailed(new Error('no'), token, false);
  },
};
type State = keyof typeof states;
const each = test.each(Object.keys(states) as State[]);

const jobIn = async (id: string) => ({ state: await queue.getJobState(id), name: (await queue.getJob(id))?.name });

each('adding an id whose job is %s does nothing, and says nothing', async (state) => {
  const task = newTask();
  await states[state](task.id);
  await lanes.enqueue(task);
  expect(await jobIn(task.id)).toEqual({ state, name: 'first' });
});

each('requeueing a task whose job is %s replaces the job', async (state) => {
  const task = newTask();
  await states[state](task.id);
  expect(await lanes.requeue(task)).toBe(true);
  expect(await jobIn(task.id)).toEqual({ state: 'waiting', name: operation });
  expect((await take(liveLockMs)).job.data).toEqual({ taskId: task.id, operation, storyId: null, options: {} });
});

test.each([
  ['waiting', true],
  ['delayed', true],
  ['prioritized', true],
  ['active', false],
  ['completed', false],
  ['failed', false],
] as const)('a task whose job is %s, and locked by nobody, has a job: %s', async (state, has) => {
  const task = newTask();
  await states[state](task.id);
  expect(await lanes.hasJob(task)).toBe(has);
});

test('a task without a job has none, and one in a paused lane has', async () => {
  const task = newTask();
  expect(await lanes.hasJob(task)).toBe(false);
  await queue.pause();
  await lanes.enqueue(task);
  expect(await lanes.hasJob(task)).toBe(true);
});

test('a job that a worker holds under a live lock is neither removed nor replaced', async () => {
  const task = newTask();
  await addFirst(task.id);
  await take(liveLockMs);
  expect(await lanes.hasJob(task)).toBe(true);
  expect(await lanes.discard(operation, task.id)).toBe(false);
  expect(await lanes.requeue(task)).toBe(false);
  expect(await jobIn(task.id)).toEqual({ state: 'active', name: 'first' });
});

test('to discard a job that is not there is to succeed', async () => {
  expect(await lanes.discard(operation, randomUUID())).toBe(true);
});

test('a requeued task may be put off', async () => {
  const task = newTask();
  expect(await lanes.requeue(task, 60_000)).toBe(true);
  expect((await jobIn(task.id)).state).toBe('delayed');
});

test('the worker that lost its job cannot end the one that replaced it', async () => {
  const task = newTask();
  await addFirst(task.id);
  const lost = await take(1);
  await lockGone(task.id);
  await lanes.requeue(task);
  await take(liveLockMs);
  await expect(lost.job.moveToCompleted('late', lost.token, false)).rejects.toThrow(/lock/i);
  expect(await jobIn(task.id)).toEqual({ state: 'active', name: operation });
});

test('a job whose worker was killed comes back to the lane, and the next worker gets it', async () => {
  const { id } = newTask();
  await addFirst(id);
  await take(1);
  const offered: number[] = [];
  const options = { connection, stalledInterval: 50, maxStalledCount: Number.MAX_SAFE_INTEGER, drainDelay: 1 };
  const worker = new Worker(lane, async (job) => void offered.push(job.stalledCounter), options);
  worker.on('error', () => undefined);
  workers.push(worker);
  await expect.poll(() => offered, { timeout: 10_000 }).toEqual([1]);
  await expect.poll(() => queue.getJobState(id)).toBe('completed');
});

test('the ids of a lane come in pages, from each state the same stretch, and jobs that ended are not among them', async () => {
  const ids = { waiting: [randomUUID(), randomUUID(), randomUUID()], active: randomUUID(), delayed: randomUUID() };
  await states.completed(randomUUID());
  await states.active(ids.active);
  for (const id of ids.waiting) await addFirst(id);
  await states.delayed(ids.delayed);
  const pages = [await lanes.listJobIds(operation, 0, 2), await lanes.listJobIds(operation, 2, 2)];
  expect(pages.map(({ length }) => length)).toEqual([4, 1]);
  expect(pages.flat().sort()).toEqual([...ids.waiting, ids.active, ids.delayed].sort());
  expect(await lanes.listJobIds(operation, 4, 2)).toEqual([]);
});

test('with Redis away each call says so, and soon', async () => {
  const other = await startRedis();
  const away = connectRedis(other.url, 'prompt', logger);
  const lanesAway = createLanes(away);
  await lanesAway.ready();
  await other.stop();
  const startedAt = performance.now();
  await expect(lanesAway.ready()).rejects.toThrow(LaneUnavailableError);
  expect(performance.now() - startedAt).toBeLessThan(1_500);
  await expect(lanesAway.hasJob(newTask())).rejects.toThrow(LaneUnavailableError);
  expect(performance.now() - startedAt).toBeLessThan(6_000);
  await lanesAway.close();
  away.disconnect();
});
