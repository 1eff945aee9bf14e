import { randomUUID } from 'node:crypto';
import { publicTask } from '@story-tasks/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AttemptRequiredError,
  createStoriesRepository,
  createStoryTasksRepository,
  IllegalTransitionError,
  type NewTask,
  RequesterNotFoundError,
  StaleAttemptError,
  StoryNotFoundError,
  type StoryTasksRepository,
  TaskNotFoundError,
  ValidationError,
} from '../src/index.ts';
import { type Backend, backends, insertRows } from './backends.ts';

describe.each(backends)('story tasks on $backend', ({ start }) => {
  let backend: Backend;
  let tasks: StoryTasksRepository;
  let storyId: string;

  const newStory = async () =>
    (await createStoriesRepository(backend.store).createStory({ displayName: 'Foxes', initialPrompt: 'Once' })).id;
  beforeAll(async () => {
    backend = await start();
    tasks = createStoryTasksRepository(backend.store);
    storyId = await newStory();
  });
  afterAll(() => backend.stop());

  const create = async (input: Partial<NewTask> = {}) =>
    (await tasks.createTask({ operation: 'BUILD_PLAYER_BUNDLE', storyId, dispatch: 'queue', ...input })).task;
  const claim = (taskId: string, claimToken = randomUUID(), globalLimit?: number) =>
    tasks.claimTask({ taskId, claimToken, workerId: 'worker-1', leaseMs: 60_000, resumable: true, globalLimit });
  const running = async (input: Partial<NewTask> = {}) => {
    const { id } = await create(input);
    await claim(id);
    return id;
  };
  const told = (message = 'told') => ({ id: randomUUID(), eventType: 'info' as const, message });
  const fence = (taskId: string) => ({ taskId, attempt: 1, eventId: randomUUID(), message: 'over' });

  test('a created task is read back as it was answered, in the shape that the contract has', async () => {
    const requestedBy = await backend.signUp();
    const payload = { task: 'CREATE_SHOT_LIST', nested: { list: [1, 'two', null] } };
    const made = await create({ payload, requestedBy, maxAttempts: 3, held: true, requester: `user:${requestedBy}` });
    expect(await tasks.getTask(made.id)).toEqual(made);
    expect(made).toMatchObject({ payload, requestedBy, maxAttempts: 3, held: true, attempt: 0, lastSeq: 1 });
    expect(publicTask(made).displayFields).toEqual({ title: 'Foxes', description: 'Build the player bundle' });
    expect(made).not.toHaveProperty('claimToken');
  });

  test('a create with a known key is a repeat with the same body and a conflict with another', async () => {
    const keyed = { idempotencyKey: randomUUID(), requestHash: 'one' };
    const made = await create(keyed);
    const again = async (requestHash: string) =>
      tasks.createTask({ operation: 'BUILD_PLAYER_BUNDLE', storyId, ...keyed, requestHash });
    expect(await again('one')).toMatchObject({ outcome: 'repeat', task: { id: made.id } });
    expect(await again('two')).toMatchObject({ outcome: 'conflict', task: { id: made.id } });
  });

  test('a run claims, tells, and finishes; its events come newest first', async () => {
    const { id } = await create();
    const claimed = await claim(id, randomUUID(), 100);
    expect(claimed).toMatchObject({
      outcome: 'claimed',
      task: { attempt: 1, status: 'running', workerId: 'worker-1' },
    });
    const event = { ...told('half'), payload: { step: 1 }, progressOverride: 50, persisted: true };
    const answers = await tasks.appendBatch([
      { taskId: id, attempt: 1, leaseMs: 60_000, inputTokens: 5, events: [event] },
    ]);
    expect(answers).toEqual({ [id]: 'ok' });
    const end = await tasks.finishTask({ ...fence(id), status: 'succeeded', result: { bundlePath: 'a/b' } });
    expect(end).toMatchObject({
      outcome: 'finished',
      task: { progress: 100, result: { bundlePath: 'a/b' }, inputTokens: 5 },
    });
    const events = await tasks.listRecentEvents(id);
    expect(events.map(({ seq, status }) => [seq, status])).toEqual([
      [4, 'succeeded'],
      [3, null],
      [2, 'running'],
      [1, 'queued'],
    ]);
    expect(events[1]).toMatchObject({ id: event.id, message: 'half', payload: { step: 1 }, progressOverride: 50 });
    expect(await tasks.listRecentEvents(id, 2)).toEqual(events.slice(0, 2));
  });

  test('a claim that is refused says why', async () => {
    expect(await claim(randomUUID())).toEqual({ outcome: 'refused', reason: 'not_found', retryAfterMs: 0 });
    expect(await claim(await running())).toMatchObject({ outcome: 'refused', reason: 'running' });
  });

  test('a run is released, retried, cancelled, and each time the caller is told', async () => {
    const [left, failed] = [await running(), await running({ maxAttempts: 2 })];
    expect(await tasks.releaseTask(fence(left))).toMatchObject({ outcome: 'released', task: { status: 'queued' } });
    expect(await tasks.releaseTask(fence(left))).toMatchObject({ outcome: 'stale' });
    const retry = { ...fence(failed), status: 'failed' as const, errorCode: 'SLOW', retryAfterMs: 60_000 };
    expect(await tasks.finishTask(retry)).toMatchObject({ outcome: 'retrying', task: { attemptsSpent: 1 } });
    const asked = await running();
    expect(await tasks.cancelTask(left)).toMatchObject({ outcome: 'cancelled' });
    expect(await tasks.cancelTask(asked, 'enough')).toMatchObject({
      outcome: 'cancelling',
      task: { cancelReason: 'enough' },
    });
    expect(await tasks.finishTask({ ...fence(asked), status: 'succeeded' })).toMatchObject({ outcome: 'cancelled' });
    expect(await tasks.cancelTask(asked)).toMatchObject({ outcome: 'cancelled' });
  });

  test('an enqueue that failed ends the task, unless somebody has it', async () => {
    const [lost, taken] = [await create(), await running()];
    expect(await tasks.failEnqueue(lost.id, 'no queue')).toMatchObject({
      outcome: 'failed',
      task: { status: 'failed', errorCode: 'ENQUEUE_FAILED', errorMessage: 'no queue' },
    });
    expect(await tasks.failEnqueue(taken, 'no queue')).toMatchObject({
      outcome: 'refused',
      task: { status: 'running' },
    });
  });

  test('a task that a repeat was told of is not given up by the request that made it', async () => {
    const keyed = { idempotencyKey: randomUUID(), requestHash: 'one' };
    const made = await create(keyed);
    const again = () => tasks.createTask({ operation: 'BUILD_PLAYER_BUNDLE', storyId, ...keyed });
    expect(await again()).toMatchObject({ outcome: 'repeat', task: { id: made.id } });
    expect(await tasks.failEnqueue(made.id, 'no queue')).toMatchObject({
      outcome: 'refused',
      task: { status: 'queued', errorCode: null, lastSeq: 1 },
    });
    expect(await again()).toMatchObject({ outcome: 'repeat', task: { id: made.id } });
  });

  test('one that was given up first leaves its key to the repeat', async () => {
    const keyed = { idempotencyKey: randomUUID(), requestHash: 'one' };
    const made = await create(keyed);
    expect(await tasks.failEnqueue(made.id, 'no queue')).toMatchObject({ outcome: 'failed' });
    const next = await tasks.createTask({ operation: 'BUILD_PLAYER_BUNDLE', storyId, ...keyed });
    expect(next).toMatchObject({ outcome: 'created', task: { status: 'queued' } });
    expect(next.task.id).not.toBe(made.id);
  });

  test('a direct task is told of and ended without an attempt; a task of a lane is not', async () => {
    const [direct, queue] = [await create({ dispatch: 'direct' }), await running()];
    await tasks.appendEvent(direct.id, told());
    await tasks.appendEvent(queue, told(), 1);
    const displayFields = { title: 'T', description: 'D' };
    const started = await tasks.updateStatus(direct.id, { status: 'running', progress: 30, displayFields });
    expect(started).toMatchObject({ status: 'running', progress: 30, displayFields });
    const failed = { status: 'failed', errorCode: 'X', errorMessage: 'why', result: { partly: true } } as const;
    expect(await tasks.updateStatus(direct.id, failed)).toMatchObject(failed);
    await expect(tasks.appendEvent(queue, told())).rejects.toThrow(AttemptRequiredError);
    await expect(tasks.updateStatus(queue, { progress: 3 })).rejects.toThrow(AttemptRequiredError);
    await expect(tasks.appendEvent(queue, told(), 2)).rejects.toThrow(StaleAttemptError);
    await expect(tasks.updateStatus(queue, { progress: 3 }, 2)).rejects.toThrow(StaleAttemptError);
    await expect(tasks.updateStatus(direct.id, { status: 'queued' })).rejects.toThrow(IllegalTransitionError);
  });

  test('an end that comes after a cancellation is an illegal transition of a cancelled task', async () => {
    const id = await running({ dispatch: 'direct' });
    await tasks.cancelTask(id);
    const late = await tasks.updateStatus(id, { status: 'succeeded' }).catch((error: unknown) => error);
    expect(late).toMatchObject({ code: 'ILLEGAL_TRANSITION', task: { id, status: 'cancelled' } });
  });

  test('what is not there is named', async () => {
    const nowhere = randomUUID();
    await expect(create({ storyId: nowhere })).rejects.toThrow(new StoryNotFoundError(nowhere));
    await expect(create({ requestedBy: nowhere })).rejects.toThrow(new RequesterNotFoundError(nowhere));
    await expect(create({ retryOf: nowhere })).rejects.toThrow(new TaskNotFoundError(nowhere));
    const calls = [
      () => tasks.getTask(nowhere),
      () => tasks.appendEvent(nowhere, told()),
      () => tasks.updateStatus(nowhere, { progress: 1 }),
      () => tasks.cancelTask(nowhere),
      () => tasks.failEnqueue(nowhere, 'x'),
      () => tasks.finishTask({ ...fence(nowhere), status: 'failed' }),
      () => tasks.releaseTask(fence(nowhere)),
    ];
    for (const call of calls) await expect(call()).rejects.toThrow(new TaskNotFoundError(nowhere));
    expect(await tasks.listRecentByStory(nowhere)).toEqual([]);
  });

  test('a retry names the task it repeats', async () => {
    const first = await create();
    expect((await create({ retryOf: first.id })).retryOf).toBe(first.id);
  });

  const invalid: [string, string, () => Promise<unknown>][] = [
    ['an unknown operation', 'operation', () => create({ operation: 'DANCE' as NewTask['operation'] })],
    ['a story id that is no uuid', 'storyId', () => create({ storyId: 'x' })],
    ['a task id that is no uuid', 'id', () => create({ id: 'x' })],
    ['an unknown dispatch', 'dispatch', () => create({ dispatch: 'pigeon' as NewTask['dispatch'] })],
    ['no attempts at all', 'maxAttempts', () => create({ maxAttempts: 0 })],
    ['a requester that is no uuid', 'requestedBy', () => create({ requestedBy: 'me' })],
    ['a retry of no uuid', 'retryOf', () => create({ retryOf: 'x' })],
    ['a key without characters', 'idempotencyKey', () => create({ idempotencyKey: '' })],
    ['an unknown field', 'color', () => create({ color: 'red' } as Partial<NewTask>)],
    ['an event without words', 'event.message', () => tasks.appendEvent(randomUUID(), told(''))],
    [
      'an event of no type',
      'event.eventType',
      () => tasks.appendEvent(randomUUID(), { ...told(), eventType: 'x' as 'info' }),
    ],
    [
      'too much progress',
      'event.progressOverride',
      () => tasks.appendEvent(randomUUID(), { ...told(), progressOverride: 101 }),
    ],
    ['an event id that is no uuid', 'event.id', () => tasks.appendEvent(randomUUID(), { ...told(), id: 'x' })],
    ['an event of no task', 'taskId', () => tasks.appendEvent('x', told())],
    ['an unknown status', 'patch.status', () => tasks.updateStatus(randomUUID(), { status: 'done' as 'failed' })],
    ['negative progress', 'patch.progress', () => tasks.updateStatus(randomUUID(), { progress: -1 })],
    ['a listing of nothing', 'limit', () => tasks.listRecentByStory(storyId, 0)],
    ['a listing of no story', 'storyId', () => tasks.listRecentByStory('x')],
    ['too many events', 'limit', () => tasks.listRecentEvents(randomUUID(), 1_001)],
    ['too many queued tasks', 'limit', () => tasks.listQueued(null, 1_001)],
    ['queued tasks after no uuid', 'afterId', () => tasks.listQueued('x', 10)],
    ['a task of no uuid', 'taskId', () => tasks.getTask('x')],
    ['a cancellation of no uuid', 'taskId', () => tasks.cancelTask('x')],
  ];
  test.each(invalid)('%s is refused at %s', async (_, path, call) => {
    const error = await call().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as ValidationError).errors.map((fault) => fault.path)).toEqual([path]);
  });

  test('the tasks of a story come whole, newest first and once each, however many there are', async () => {
    const many = await newStory();
    const start = Date.parse('2026-01-01T00:00:00Z');
    const rows = Array.from({ length: 1_200 }, (_, n) => ({
      id: randomUUID(),
      story_id: many,
      operation: 'RUN_WORKFLOW_TASK',
      // Three tasks to a moment, so that pages are cut between tasks of one time.
      created_at: new Date(start + Math.floor(n / 3) * 1_000).toISOString(),
    }));
    await insertRows(backend.store, 'story_tasks', rows);
    const newestFirst = rows
      .toSorted((a, b) =>
        a.created_at === b.created_at ? (a.id < b.id ? 1 : -1) : a.created_at < b.created_at ? 1 : -1,
      )
      .map(({ id }) => id);
    expect((await tasks.listRecentByStory(many, 5_000)).map(({ id }) => id)).toEqual(newestFirst);
    expect((await tasks.listRecentByStory(many, 1_001)).map(({ id }) => id)).toEqual(newestFirst.slice(0, 1_001));
    expect(await tasks.listRecentByStory(many)).toHaveLength(50);
  });

  test('queued tasks of lanes come in pages by id, without held, direct and running ones', async () => {
    const [first, second] = [await create(), await create()];
    const left = [await create({ held: true }), await create({ dispatch: 'direct' })].map(({ id }) => id);
    left.push(await running());
    const seen: string[] = [];
    for (;;) {
      const page = await tasks.listQueued(seen.at(-1) ?? null, 2);
      seen.push(...page.map(({ id }) => id));
      if (page.length < 2) break;
    }
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toEqual(expect.arrayContaining([first.id, second.id]));
    expect(seen.filter((id) => left.includes(id))).toEqual([]);
  });
});
