/** The forwarder of a whole system whose operator is killed again and again: in the end the counts are those of the record. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isTerminal, laneName, type Operation, operationNames, type TaskRecord } from '@story-tasks/contracts';
import { type RedisServer, startRedis } from '@story-tasks/runtime/test';
import { connectStore, createStoryTasksRepository, type Store } from '@story-tasks/supabase';
import { type LiteServer, startLite } from '@story-tasks/supabase/lite';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Calls, callsTo, type Part, type Parts, prepareParts, probeUntil } from './parts.ts';

const readyMs = 15_000;
const wanted = { succeeded: 20, failed: 12, cancelled: 6, refused: 5 };
const kills = 8;

let dir: string;
let server: RedisServer;
let lite: LiteServer;
let store: Store;
let redis: Redis;
let parts: Parts;
let calls: Calls;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'story-tasks-throughput-'));
  [server, lite] = await Promise.all([startRedis(), startLite({ dir })]);
  store = connectStore({ url: lite.url, secretKey: lite.secretKey });
  redis = new Redis(server.url);
  parts = await prepareParts({ REDIS_URL: server.url, SUPABASE_URL: lite.url, SUPABASE_SECRET_KEY: lite.secretKey });
  const api = await parts.start('api', {});
  const worker = await parts.start('worker', { LLM_PROVIDER: 'offline', OFFLINE_LATENCY_MS: '400' });
  for (const part of [api, worker]) await ready(part);
  calls = callsTo(api);
});
afterAll(async () => {
  await parts.stop();
  redis.disconnect();
  await Promise.all([server.stop(), lite.stop()]);
  await rm(dir, { recursive: true, force: true });
});

const ready = (part: Part) => probeUntil(`${part.opsUrl}/readyz`, readyMs, ({ status }) => status === 200);

interface Row {
  readonly operation: Operation;
  readonly event: string;
  readonly count: number;
  readonly incomplete: boolean;
}

async function rows(): Promise<Row[]> {
  const { data, error } = await store.client.from('story_task_throughput').select('*');
  if (error) throw new Error(error.message);
  return data as Row[];
}

async function counts(): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { event, count } of await rows()) sums[event] = (sums[event] ?? 0) + count;
  return sums;
}

/** Lets the operator write something new, and kills it at once: mostly in the middle of the next lane. */
async function killedOperator(): Promise<void> {
  const positions = async () =>
    JSON.stringify((await store.client.from('story_task_throughput_positions').select('*')).data);
  const before = await positions();
  const operator = await parts.start('operator', {});
  await expect.poll(positions, { timeout: readyMs, interval: 5 }).not.toBe(before);
  await operator.kill();
}

/** Cancels a task in the middle of its model call. */
async function cancelRunning(storyId: string): Promise<void> {
  const taskId = await calls.task(storyId, 'REGENERATE_CONSTITUTION');
  await expect.poll(() => calls.status(taskId), { timeout: 60_000, interval: 20 }).toBe('running');
  await calls.cancel(taskId);
}

/** Jobs of tasks that are not there: the worker asks for them, and is refused. */
async function addOrphans(count: number): Promise<void> {
  const operation: Operation = 'RUN_WORKFLOW_TASK';
  const queue = new Queue(laneName(operation), { connection: { host: '127.0.0.1', port: server.port } });
  for (let n = 0; n < count; n += 1) {
    const taskId = randomUUID();
    const options = { jobId: taskId, removeOnComplete: true, removeOnFail: true };
    await queue.add(operation, { taskId, operation, storyId: null }, options);
  }
  await queue.close();
}

async function doWork(): Promise<void> {
  const storyId = await calls.story();
  // Without constitution and script there is nothing to bundle: that fails at once.
  for (let n = 0; n < wanted.failed; n += 1) await calls.task(storyId, 'BUILD_PLAYER_BUNDLE');
  for (let n = 0; n < wanted.cancelled; n += 1) await cancelRunning(storyId);
  await addOrphans(wanted.refused);
  const other = await calls.story();
  for (let n = 0; n < wanted.succeeded; n += 1) await calls.task(other, 'REGENERATE_CONSTITUTION');
}

async function allEnded(): Promise<TaskRecord[]> {
  const tasks = createStoryTasksRepository(store);
  const read = async () => (await tasks.listTasks({ limit: 500 })).tasks;
  await expect
    .poll(async () => (await read()).every(({ status }) => isTerminal(status)), { timeout: 90_000 })
    .toBe(true);
  return read();
}

/** What the streams themselves hold, which this test keeps from being trimmed by being short. */
async function eventsInStreams(name: string): Promise<number> {
  const lanes = operationNames.map((operation) => redis.xrange(`bull:${laneName(operation)}:events`, '-', '+'));
  return (await Promise.all(lanes)).flat().filter(([, fields]) => fields[fields.indexOf('event') + 1] === name).length;
}

/** Of all jobs, those whose end is not counted yet. */
async function uncounted(jobs: number): Promise<number> {
  const { succeeded = 0, failed = 0, cancelled = 0, refused = 0, removed = 0 } = await counts();
  return jobs - succeeded - failed - cancelled - refused - removed;
}

function withStatus(ended: readonly TaskRecord[]): Record<string, number> {
  const of = (status: string) => ended.filter((task) => task.status === status).length;
  return { succeeded: of('succeeded'), failed: of('failed'), cancelled: of('cancelled') };
}

let operator: Part;

test('an operator that is killed eight times while tasks run loses no event and counts none twice', async () => {
  const working = doWork();
  for (let kill = 0; kill < kills; kill += 1) await killedOperator();
  await working;
  const ended = await allEnded();
  operator = await parts.start('operator', {});
  const jobs = ended.length + wanted.refused;
  await expect.poll(() => uncounted(jobs), { timeout: 30_000 }).toBe(0);

  const counted = await counts();
  const { refused, ...ends } = wanted;
  console.log(`${kills} kills; counted ${JSON.stringify(counted)}`);
  expect(withStatus(ended)).toEqual(ends);
  expect(counted).toMatchObject({ ...ends, added: jobs });
  // An operator that lived long enough may have removed an orphan before the worker asked for it.
  expect((counted['refused'] ?? 0) + (counted['removed'] ?? 0)).toBe(refused);
  expect(counted).toMatchObject({ added: await eventsInStreams('added'), started: await eventsInStreams('active') });
  expect((await rows()).filter(({ incomplete }) => incomplete)).toEqual([]);
});

test('what Redis loses while the operator is down is marked, and what was counted stands', async () => {
  await operator.kill();
  const counted = await counts();
  await calls.task(await calls.story(), 'REGENERATE_CONSTITUTION');
  await allEnded();
  await redis.flushall();
  await parts.start('operator', {});
  const marked = async () => new Set((await rows()).filter((row) => row.incomplete).map((row) => row.operation)).size;
  await expect.poll(marked, { timeout: 15_000 }).toBe(operationNames.length);
  const { gap, ...rest } = await counts();
  expect([gap, rest]).toEqual([0, counted]);
});
