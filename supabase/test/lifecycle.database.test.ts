/** Held tasks, retries and listings, as a repository's caller sees them. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createStoriesRepository,
  createStoryTasksRepository,
  IllegalTransitionError,
  type NewTask,
  type StoryTasksRepository,
  type TaskListing,
  TaskNotFoundError,
  ValidationError,
} from '../src/index.ts';
import { type Backend, backends, insertRows } from './backends.ts';

describe.each(backends)('the life of a task on $backend', ({ start }) => {
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
  const claim = (taskId: string) =>
    tasks.claimTask({ taskId, claimToken: randomUUID(), workerId: 'w', leaseMs: 60_000, resumable: true });
  const end = (taskId: string, status: 'succeeded' | 'failed') =>
    tasks.finishTask({ taskId, attempt: 1, eventId: randomUUID(), status, message: 'over' });

  test('a held task is not claimed until it is started, and to start it again changes nothing', async () => {
    const { id } = await create({ held: true });
    expect(await claim(id)).toMatchObject({ outcome: 'refused', reason: 'held' });
    const started = await tasks.startTask(id);
    expect(started).toMatchObject({ outcome: 'started', task: { held: false, status: 'queued', lastSeq: 2 } });
    expect(await tasks.startTask(id)).toEqual(started);
    expect((await claim(id)).outcome).toBe('claimed');
    expect(await tasks.startTask(id)).toMatchObject({ outcome: 'started', task: { status: 'running' } });
    await end(id, 'succeeded');
    expect(await tasks.startTask(id)).toMatchObject({ outcome: 'terminal', task: { status: 'succeeded' } });
  });

  test('a held task that was cancelled cannot be started', async () => {
    const { id } = await create({ held: true });
    await tasks.cancelTask(id);
    expect(await tasks.startTask(id)).toMatchObject({ outcome: 'terminal', task: { status: 'cancelled' } });
  });

  test('of many cancellations of a waiting task all succeed, and exactly one has ended it', async () => {
    const { id } = await create();
    const answers = await Promise.all(Array.from({ length: 20 }, () => tasks.cancelTask(id)));
    expect(new Set(answers.map(({ outcome }) => outcome))).toEqual(new Set(['cancelled']));
    expect(answers.filter(({ byThisCall }) => byThisCall === true)).toHaveLength(1);
    expect(await tasks.cancelTask(id)).toMatchObject({ outcome: 'cancelled', byThisCall: false });
  });

  test('a cancellation of a running task has not ended it, nor has one after its end', async () => {
    const { id } = await create();
    await claim(id);
    expect(await tasks.cancelTask(id)).toMatchObject({ outcome: 'cancelling', byThisCall: false });
    await end(id, 'succeeded');
    expect(await tasks.cancelTask(id)).toMatchObject({ outcome: 'cancelled', byThisCall: false });
  });

  test('a failed or cancelled task is tried again as a new one with the same work, person and budget', async () => {
    const requestedBy = await backend.signUp();
    const made = { payload: { task: 'CREATE_SHOT_LIST' }, maxAttempts: 3, requestedBy, held: true };
    const cancelled = await create({ ...made, operation: 'RUN_WORKFLOW_TASK', requester: 'user:x' });
    await tasks.cancelTask(cancelled.id);
    const { operation, payload, maxAttempts, requester, displayFields } = cancelled;
    const retry = await tasks.retryTask(cancelled.id);
    expect(retry).toMatchObject({ storyId, operation, payload, maxAttempts, requestedBy, requester, displayFields });
    expect(retry).toMatchObject({
      retryOf: cancelled.id,
      status: 'queued',
      dispatch: 'queue',
      held: false,
      lastSeq: 1,
    });
    const failed = await create();
    await claim(failed.id);
    await end(failed.id, 'failed');
    expect((await tasks.retryTask(failed.id)).retryOf).toBe(failed.id);
  });

  test('a task that waits, runs or succeeded is not tried again, nor is one whose story is gone', async () => {
    const { id } = await create();
    await expect(tasks.retryTask(id)).rejects.toThrow(IllegalTransitionError);
    await claim(id);
    await expect(tasks.retryTask(id)).rejects.toThrow(IllegalTransitionError);
    await end(id, 'succeeded');
    await expect(tasks.retryTask(id)).rejects.toThrow(IllegalTransitionError);
    const orphan = await create({ storyId: null });
    await tasks.cancelTask(orphan.id);
    await expect(tasks.retryTask(orphan.id)).rejects.toThrow('its story is gone');
  });

  test('what is not there can be neither started nor tried again', async () => {
    await expect(tasks.startTask(randomUUID())).rejects.toThrow(TaskNotFoundError);
    await expect(tasks.retryTask(randomUUID())).rejects.toThrow(TaskNotFoundError);
  });

  async function allPages(listing: TaskListing): Promise<string[]> {
    const seen: string[] = [];
    let position: TaskListing['position'];
    do {
      const page = await tasks.listTasks({ ...listing, position });
      expect(page.tasks.length).toBeLessThanOrEqual(listing.limit);
      seen.push(...page.tasks.map(({ id }) => id));
      position = page.next ?? undefined;
    } while (position);
    return seen;
  }

  test('every filter pages through exactly its tasks, newest first, between tasks of one microsecond too', async () => {
    const story = await newStory();
    const rows = Array.from({ length: 60 }, (_, n) => ({
      id: randomUUID(),
      story_id: story,
      operation: n % 2 ? 'RUN_WORKFLOW_TASK' : 'BUILD_PLAYER_BUNDLE',
      status: n % 3 ? 'queued' : 'running',
      // Pairs of one moment, and moments a microsecond apart.
      created_at: `2026-01-01T00:00:00.0000${String(Math.floor(n / 2)).padStart(2, '0')}Z`,
    }));
    await insertRows(backend.store, 'story_tasks', rows);
    const key = (row: (typeof rows)[number]) => row.created_at + row.id;
    const newestFirst = rows.toSorted((a, b) => (key(a) < key(b) ? 1 : -1));
    const ids = (keep: (row: (typeof rows)[number]) => boolean) => newestFirst.filter(keep).map(({ id }) => id);
    const of = { storyId: story, limit: 7 };
    expect(await allPages(of)).toEqual(ids(() => true));
    expect(await allPages({ ...of, limit: 60 })).toEqual(ids(() => true));
    expect(await allPages({ ...of, status: 'running' })).toEqual(ids((row) => row.status === 'running'));
    const both = { status: 'queued', operation: 'RUN_WORKFLOW_TASK' } as const;
    const matching = ids((row) => row.status === both.status && row.operation === both.operation);
    expect(await allPages({ ...of, ...both })).toEqual(matching);
    const everywhere = await allPages({ ...both, limit: 7 });
    expect(everywhere.filter((id) => new Set<string>(matching).has(id))).toEqual(matching);
  });

  test('a page begins where the one before ended, even when that task is gone', async () => {
    const story = await newStory();
    const made = [];
    for (let n = 0; n < 3; n += 1) made.push((await create({ storyId: story })).id);
    const { next } = await tasks.listTasks({ storyId: story, limit: 2 });
    expect(next?.id).toBe(made[1]);
    await backend.store.client.from('story_tasks').delete().eq('id', made[1]);
    const rest = await tasks.listTasks({ storyId: story, limit: 2, position: next ?? undefined });
    expect([rest.tasks.map(({ id }) => id), rest.next]).toEqual([[made[0]], null]);
  });

  test('events after a number come oldest first, up to the limit', async () => {
    const { id } = await create({ dispatch: 'direct' });
    for (const message of ['two', 'three', 'four']) {
      await tasks.appendEvent(id, { id: randomUUID(), eventType: 'info', message });
    }
    const seqs = async (after: number, limit: number) =>
      (await tasks.listEventsAfter(id, after, limit)).map(({ seq }) => seq);
    expect(await seqs(0, 10)).toEqual([1, 2, 3, 4]);
    expect(await seqs(1, 2)).toEqual([2, 3]);
    expect(await seqs(4, 10)).toEqual([]);
  });

  const invalid: [string, string, () => Promise<unknown>][] = [
    ['a start of no uuid', 'taskId', () => tasks.startTask('x')],
    ['a retry of no uuid', 'taskId', () => tasks.retryTask('x')],
    ['a page of nothing', 'limit', () => tasks.listTasks({ limit: 0 })],
    ['a page of no story', 'storyId', () => tasks.listTasks({ limit: 1, storyId: 'x' })],
    ['a page of an unknown status', 'status', () => tasks.listTasks({ limit: 1, status: 'done' as 'failed' })],
    [
      'a position before time began',
      'position.createdAtMicros',
      () => tasks.listTasks({ limit: 1, position: { createdAtMicros: -1, id: randomUUID() } }),
    ],
    ['events after less than nothing', 'after', () => tasks.listEventsAfter(randomUUID(), -1, 1)],
    ['too many events', 'limit', () => tasks.listEventsAfter(randomUUID(), 0, 1_001)],
  ];
  test.each(invalid)('%s is refused at %s', async (_, path, ask) => {
    const error = await ask().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as ValidationError).errors.map((fault) => fault.path)).toEqual([path]);
  });
});
