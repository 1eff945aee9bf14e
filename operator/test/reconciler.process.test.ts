/** The reconciler between a real Redis and a real record. */
import { randomUUID } from 'node:crypto';
import { type Dispatch, laneName, type Operation, operationNames, type TaskRecord } from '@story-tasks/contracts';
import { connectRedis, createLanes, createLogger, type Lanes } from '@story-tasks/runtime';
import { type RedisServer, startRedis } from '@story-tasks/runtime/test';
import {
  connectStore,
  createReconcileRepository,
  createStoryTasksRepository,
  type Store,
  type StoryTasksRepository,
} from '@story-tasks/supabase';
import { startLite } from '@story-tasks/supabase/test';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { lostRuns } from '../src/lostRuns.ts';
import { orphanedJobs } from '../src/orphanedJobs.ts';
import { queuedRows } from '../src/queuedRows.ts';
import { Reconciler } from '../src/reconciler.ts';

const operation = operationNames[0] as Operation;
const logger = createLogger('test', 'silent');

let server: RedisServer;
let lite: Awaited<ReturnType<typeof startLite>>;
let redis: ReturnType<typeof connectRedis>;
let lanes: Lanes;
let store: Store;
let tasks: StoryTasksRepository;
let reconciler: Reconciler;

beforeAll(async () => {
  [server, lite] = await Promise.all([startRedis(), startLite()]);
  redis = connectRedis(server.url, 'prompt', logger);
  lanes = createLanes(redis);
  await lanes.ready();
  store = connectStore({ url: lite.url, secretKey: lite.secretKey });
  tasks = createStoryTasksRepository(store);
});
beforeEach(async () => {
  await endAll();
  await redis.flushall();
  const record = createReconcileRepository(store);
  const now = Date.now;
  // A new one for each test: the first tick looks at the first lane, which is the one that the tests use.
  const parts = [lostRuns({ record, lanes, now }), queuedRows({ tasks, lanes, now }), orphanedJobs({ record, lanes })];
  reconciler = new Reconciler(parts, logger, () => undefined);
});
afterAll(async () => {
  await lanes.close();
  redis.disconnect();
  await Promise.all([server.stop(), lite.stop()]);
});

const made: string[] = [];

async function newTask(dispatch: Dispatch = 'queue'): Promise<TaskRecord> {
  const { task } = await tasks.createTask({ operation, dispatch });
  made.push(task.id);
  return task;
}

async function endAll(): Promise<void> {
  for (const id of made.splice(0)) await tasks.cancelTask(id);
}

/** A task whose run has lost its lease already. */
async function lostRun(): Promise<TaskRecord> {
  const { id } = await newTask();
  const claim = await tasks.claimTask({
    taskId: id,
    claimToken: randomUUID(),
    workerId: 'worker-1',
    leaseMs: 0,
    resumable: true,
  });
  return claim.outcome === 'claimed' ? claim.task : Promise.reject(new Error(claim.reason));
}

/** What a worker's live lock on a job is to everybody else. */
const lockOf = (id: string) => `bull:${laneName(operation)}:${id}:lock`;
const lock = (id: string) => redis.set(lockOf(id), 'another worker', 'PX', 60_000);

async function endedTaskWithJob(): Promise<TaskRecord> {
  const task = await newTask();
  await lanes.enqueue(task);
  await tasks.cancelTask(task.id);
  return task;
}

test('a lost run is queued again, and has its job in the same tick', async () => {
  const task = await lostRun();
  expect(await reconciler.tick()).toEqual({ requeued: 1 });
  expect(await tasks.getTask(task.id)).toMatchObject({ status: 'queued', attempt: 1 });
  expect(await lanes.hasJob(task)).toBe(true);
  expect(await reconciler.tick()).toEqual({});
});

test('a lane that was lost is rebuilt: each queued row has its job again, once', async () => {
  const rows = [await newTask(), await newTask(), await newTask()];
  for (const task of rows) await lanes.enqueue(task);
  await redis.flushall();
  expect(await reconciler.tick()).toEqual({ enqueued: 3 });
  expect((await lanes.listJobIds(operation, 0, 10)).sort()).toEqual(rows.map(({ id }) => id).sort());
  expect(await reconciler.tick()).toEqual({});
});

test('jobs of tasks that ended, of direct ones and of none are removed; a queued task keeps its job', async () => {
  const [ended, direct, queued] = [await endedTaskWithJob(), await newTask('direct'), await newTask()];
  for (const task of [direct, queued, { ...queued, id: randomUUID() }]) await lanes.enqueue(task);
  expect(await reconciler.tick()).toEqual({ job_removed: 3 });
  expect(await lanes.listJobIds(operation, 0, 10)).toEqual([queued.id]);
  expect(await tasks.getTask(ended.id)).toMatchObject({ status: 'cancelled' });
  expect(await tasks.getTask(direct.id)).toMatchObject({ status: 'queued', attempt: 0 });
});

test('a job that a worker holds is left, and removed when it does no more', async () => {
  const { id } = await endedTaskWithJob();
  await lock(id);
  expect(await reconciler.tick()).toEqual({});
  expect(await lanes.listJobIds(operation, 0, 10)).toEqual([id]);
  await redis.del(lockOf(id));
  // The next tick finds this lane’s end, and the two after it the other lanes’.
  const ticks = [await reconciler.tick(), await reconciler.tick(), await reconciler.tick(), await reconciler.tick()];
  expect(ticks).toEqual([{}, {}, {}, { job_removed: 1 }]);
});
