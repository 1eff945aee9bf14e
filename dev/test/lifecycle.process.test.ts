import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { listEventsAnswerSchema, listTasksAnswerSchema } from '@story-tasks/contracts';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startRedis } from '../src/redis.ts';
import { get, hasJob, onLane, post, problemIn, taskIdIn } from './httpCalls.ts';
import { ended, inCall, type System, startSystem, waitForTask } from './system.ts';

const operation = 'REGENERATE_CONSTITUTION';
let system: System;
let storyId: string;
const newStory = () => system.client.createStory('A fox', 'A fox crosses a frozen lake to return a lantern.');
const create = (changes: object = {}, headers: Record<string, string> = {}) =>
  post(system, '/api/story-tasks', { operation, storyId, ...changes }, headers);
const end = (taskId: string) => waitForTask(system, taskId, ended);

beforeAll(async () => {
  system = await startSystem();
  storyId = await newStory();
});
afterAll(() => system.stop());

describe('a held task', () => {
  test('has no job until it is started, and runs then', async () => {
    const taskId = taskIdIn(await create({ autoStart: false }));
    expect((await system.client.getTask(taskId)).task).toMatchObject({ held: true, status: 'queued' });
    expect(await hasJob(system, operation, taskId)).toBe(false);
    const starts = await Promise.all([1, 2, 3].map(() => post(system, `/api/story-tasks/${taskId}/start`)));
    expect(starts.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(JSON.parse(starts[0]?.text ?? '')).toMatchObject({ task: { id: taskId, held: false } });
    const { task, events } = await end(taskId);
    expect(task).toMatchObject({ status: 'succeeded', attempt: 1 });
    expect(events.filter(({ message }) => message.startsWith('Started'))).toHaveLength(1);
    const again = problemIn(await post(system, `/api/story-tasks/${taskId}/start`));
    expect([again.status, again.code]).toEqual([409, 'ILLEGAL_TRANSITION']);
  });

  test('can be cancelled, and then never starts', async () => {
    const taskId = taskIdIn(await create({ autoStart: false }));
    expect(await system.client.cancelTask(taskId, 'not needed')).toBe(200);
    expect((await post(system, `/api/story-tasks/${taskId}/start`)).status).toBe(409);
  });
});

describe('a listing', () => {
  test('pages through what every filter leaves, newest first, and says where it ends', async () => {
    const own = await newStory();
    const made: string[] = [];
    for (let n = 0; n < 5; n += 1) made.push(taskIdIn(await create({ storyId: own, autoStart: false })));
    await system.client.cancelTask(made[1] ?? '', 'one other status');
    const page = async (query: string) => listTasksAnswerSchema.parse(JSON.parse((await get(system, query)).text));
    const path = `/api/story-tasks?storyId=${own}&operation=${operation}&status=queued&limit=3`;
    const first = await page(path);
    const second = await page(`${path}&cursor=${first.nextCursor}`);
    const wanted = [4, 3, 2, 0].map((n) => made[n]);
    expect([...first.tasks, ...second.tasks].map(({ id }) => id)).toEqual(wanted);
    expect([first.tasks.length, second.nextCursor]).toEqual([3, null]);
    expect((await page(`/api/story-tasks?storyId=${own}`)).tasks).toHaveLength(5);
    expect((await page('/api/story-tasks?status=cancelled&operation=BUILD_PLAYER_BUNDLE')).tasks).toEqual([]);
  });
});

describe('a retry', () => {
  test('is a new task with the same work and attempts, which does what the first could not', async () => {
    const story = await newStory();
    const early = { storyId: story, operation: 'RUN_WORKFLOW_TASK', options: { task: 'CREATE_VISUAL_DESIGN' } };
    const failed = taskIdIn(await create({ ...early, attempts: 3 }));
    expect((await end(failed)).task).toMatchObject({ status: 'failed', errorCode: 'PREREQUISITE_MISSING' });
    await end(taskIdIn(await create({ storyId: story })));
    const answer = await post(system, `/api/story-tasks/${failed}/retry`, {});
    const taskId = taskIdIn(answer);
    expect([answer.status, answer.headers.get('location')]).toEqual([201, `/api/story-tasks/${taskId}`]);
    const { task } = await end(taskId);
    expect(task).toMatchObject({ status: 'succeeded', retryOf: failed, maxAttempts: 3, payload: early.options });
    expect((await system.client.getTask(failed)).task.status).toBe('failed');
    const again = problemIn(await post(system, `/api/story-tasks/${taskId}/retry`));
    expect([again.status, again.code]).toEqual([409, 'ILLEGAL_TRANSITION']);
  });

  test('of a cancelled task runs it after all', async () => {
    const taskId = taskIdIn(await create({ autoStart: false }));
    expect((await post(system, `/api/story-tasks/${taskId}/retry`)).status).toBe(409);
    await system.client.cancelTask(taskId, 'a slip');
    const retry = taskIdIn(await post(system, `/api/story-tasks/${taskId}/retry`));
    expect((await end(retry)).task).toMatchObject({ status: 'succeeded', held: false, retryOf: taskId });
  });
});

test('events after a number come oldest first, and none after the last', async () => {
  const taskId = taskIdIn(await create());
  const { events } = await end(taskId);
  const after = async (query: string) =>
    listEventsAnswerSchema.parse(JSON.parse((await get(system, `/api/story-tasks/${taskId}/events${query}`)).text));
  expect((await after('')).events).toEqual(events.toReversed());
  expect((await after('?after=2')).events).toEqual(events.toReversed().slice(2));
  expect((await after(`?after=${events.length}`)).events).toEqual([]);
});

describe('an idempotency key', () => {
  const keyed = (key: string, changes: object = {}) => create(changes, { 'Idempotency-Key': key });

  test('asked with fifty times at once makes one task', async () => {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 50 }, () => keyed(key)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(49).fill(200), 201]);
    const ids = new Set(answers.map(taskIdIn));
    expect(ids.size).toBe(1);
    const [taskId = ''] = ids;
    expect(new Set(answers.map(({ headers }) => headers.get('location')))).toEqual(
      new Set([`/api/story-tasks/${taskId}`]),
    );
    expect((await end(taskId)).task).toMatchObject({ status: 'succeeded', attempt: 1 });
    const late = await keyed(key);
    expect([late.status, taskIdIn(late)]).toEqual([200, taskId]);
    expect(await hasJob(system, operation, taskId)).toBe(false);
  });

  test('takes the same request in another order of keys, and no other request', async () => {
    const key = '!~"quoted"';
    const first = await keyed(key, { attempts: 2, autoStart: false });
    const reordered = { autoStart: false, attempts: 2, options: {}, storyId, operation };
    const second = await post(system, '/api/story-tasks', reordered, { 'Idempotency-Key': key });
    expect([first.status, second.status, taskIdIn(second)]).toEqual([201, 200, taskIdIn(first)]);
    const others = [{ attempts: 3 }, { autoStart: true }, { operation: 'BUILD_PLAYER_BUNDLE' }];
    for (const other of others) {
      const told = problemIn(await keyed(key, { attempts: 2, autoStart: false, ...other }));
      expect([told.status, told.code]).toEqual([409, 'IDEMPOTENCY_CONFLICT']);
    }
  });

  test.each([
    ['nothing', ''],
    ['a space', 'a b'],
    ['256 characters', 'k'.repeat(256)],
    ['a letter beyond ASCII', 'caf\u00e9'],
  ])('of %s is a 422', async (_, key) => {
    const told = problemIn(await keyed(key));
    expect([told.status, told.errors?.map(({ path }) => path)]).toEqual([422, ['idempotency-key']]);
  });

  test('of 255 characters is taken', async () => {
    expect((await keyed('k'.repeat(255))).status).toBe(201);
  });
});

const nowhere = '00000000-0000-4000-8000-000000000000';
describe('bad input', () => {
  test.each<[string, 'GET' | 'POST', string, number, string?]>([
    ['a held flag that is no boolean', 'POST', '', 422, 'autoStart'],
    ['starting an id that is no uuid', 'POST', '/7/start', 422, 'id'],
    ['starting an unknown task', 'POST', `/${nowhere}/start`, 404],
    ['retrying an id that is no uuid', 'POST', '/7/retry', 422, 'id'],
    ['retrying an unknown task', 'POST', `/${nowhere}/retry`, 404],
    ['a start with an unknown query', 'POST', `/${nowhere}/start?now=1`, 422, 'now'],
    ['a page of no uuid', 'GET', '?storyId=7', 422, 'storyId'],
    ['a page of an empty story', 'GET', '?storyId=', 422, 'storyId'],
    ['a page of an unknown status', 'GET', '?status=done', 422, 'status'],
    ['a page of two statuses', 'GET', '?status=queued&status=failed', 422, 'status'],
    ['a page of an unknown operation', 'GET', '?operation=PAINT', 422, 'operation'],
    ['a page of nothing', 'GET', '?limit=0', 422, 'limit'],
    ['a page of 101', 'GET', '?limit=101', 422, 'limit'],
    ['a garbled cursor', 'GET', '?cursor=garbage', 422, 'cursor'],
    ['an empty cursor', 'GET', '?cursor=', 422, 'cursor'],
    ['a very long cursor', 'GET', `?cursor=${'x'.repeat(4_000)}`, 422, 'cursor'],
    ['an unknown filter', 'GET', '?colour=red', 422, 'colour'],
    ['events of an id that is no uuid', 'GET', '/7/events', 422, 'id'],
    ['events of an unknown task', 'GET', `/${nowhere}/events`, 404],
    ['events after less than nothing', 'GET', `/${nowhere}/events?after=-1`, 422, 'after'],
    ['events after a word', 'GET', `/${nowhere}/events?after=now`, 422, 'after'],
    ['events after an empty number', 'GET', `/${nowhere}/events?after=`, 422, 'after'],
    ['events after more than is exact', 'GET', `/${nowhere}/events?after=9999999999999999`, 422, 'after'],
  ])('%s', async (_, method, path, status, fault) => {
    const url = `/api/story-tasks${path}`;
    const body = path === '' ? { operation, storyId, autoStart: 'no' } : undefined;
    const told = problemIn(method === 'GET' ? await get(system, url) : await post(system, url, body));
    expect(told.status).toBe(status);
    expect(told.errors?.map((error) => error.path) ?? []).toEqual(fault === undefined ? [] : [fault]);
  });

  test.each(['start', 'retry'])('a body that says something to %s is a 422', async (call) => {
    const told = problemIn(await post(system, `/api/story-tasks/${nowhere}/${call}`, { soon: true }));
    expect([told.status, told.errors?.[0]?.path]).toEqual([422, 'soon']);
  });
});

// From here on the operator is away: nobody else puts a job back, and nobody fails what waits.
describe('without the operator', () => {
  beforeAll(async () => {
    await system.replaceWorker({ OFFLINE_LATENCY_MS: '60000', DRAIN_SECONDS: '0.2' });
    await system.processes.operator.stop();
  });

  test('a repeat puts back the job of a first request that died before it could', async () => {
    const busy = taskIdIn(await create());
    await waitForTask(system, busy, inCall);
    const headers = { 'Idempotency-Key': randomUUID() };
    const taskId = taskIdIn(await create({}, headers));
    await onLane(system, operation, (lane) => lane.remove(taskId));
    expect((await create({}, headers)).status).toBe(200);
    expect(await hasJob(system, operation, taskId)).toBe(true);
  });

  test('with Redis down a key stays with a task that was answered, and is free after one that was not', async () => {
    const [kept, lost] = [{ 'Idempotency-Key': randomUUID() }, { 'Idempotency-Key': randomUUID() }];
    const taskId = taskIdIn(await create({}, kept));
    const held = taskIdIn(await create({ autoStart: false }));
    await system.processes.redis.stop();
    const [repeat, fresh, start] = await Promise.all([
      create({}, kept),
      create({}, lost),
      post(system, `/api/story-tasks/${held}/start`),
    ]);
    expect(problemIn(repeat)).toMatchObject({ status: 503, code: 'LANE_UNAVAILABLE' });
    expect(problemIn(fresh)).toMatchObject({ status: 500, code: 'ENQUEUE_FAILED' });
    expect(problemIn(start)).toMatchObject({ status: 503, code: 'LANE_UNAVAILABLE' });
    expect((await system.client.getTask(taskId)).task.status).toBe('queued');
    expect((await system.client.getTask(held)).task).toMatchObject({ status: 'queued', held: false });

    const port = Number(new URL(system.redisUrl).port);
    const dir = join(system.logs, '..', 'redis');
    const redis = await startRedis({ dir, port, logFile: join(system.logs, 'redis.log') });
    onTestFinished(() => redis.stop());
    const again = () => post(system, `/api/story-tasks/${held}/start`);
    await expect.poll(async () => (await again()).status, { timeout: 10_000 }).toBe(200);
    expect(await hasJob(system, operation, held)).toBe(true);
    expect(taskIdIn(await create({}, kept))).toBe(taskId);
    const second = await create({}, lost);
    expect([second.status, taskIdIn(second) === problemIn(fresh).taskId]).toEqual([201, false]);
  });
});
