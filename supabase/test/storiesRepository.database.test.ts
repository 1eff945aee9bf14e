import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  connectStore,
  createStoriesRepository,
  createStoryTasksRepository,
  type NewStory,
  RequesterNotFoundError,
  type RunFence,
  StaleAttemptError,
  StoreRejectedError,
  type StoriesRepository,
  StoryNotFoundError,
  saveStoryWork,
  ValidationError,
} from '../src/index.ts';
import { type Backend, backends } from './backends.ts';

describe.each(backends)('stories on $backend', ({ start }) => {
  let backend: Backend;
  let stories: StoriesRepository;
  let storyId: string;
  let fence: RunFence;

  beforeAll(async () => {
    backend = await start();
    stories = createStoriesRepository(backend.store);
    storyId = (await stories.createStory({ displayName: 'Foxes', initialPrompt: 'Once' })).id;
    fence = { taskId: await running(), attempt: 1 };
  });
  afterAll(() => backend.stop());

  async function running(): Promise<string> {
    const tasks = createStoryTasksRepository(backend.store);
    const { task } = await tasks.createTask({ operation: 'RUN_WORKFLOW_TASK', storyId });
    await tasks.claimTask({
      taskId: task.id,
      claimToken: randomUUID(),
      workerId: 'w',
      leaseMs: 60_000,
      resumable: true,
    });
    return task.id;
  }

  test('a story is read back as it was made, and made once however often it is asked for', async () => {
    const input = { id: randomUUID(), displayName: ' Wolves ', initialPrompt: 'Two wolves – “zwei Wölfe” 🐺' };
    const made = await stories.createStory(input);
    expect(made).toMatchObject({ id: input.id, displayName: 'Wolves', initialPrompt: input.initialPrompt });
    expect(made).toMatchObject({ constitution: null, outline: null, bundlePath: null });
    expect(await stories.createStory({ ...input, displayName: 'Other' })).toEqual(made);
    expect(await stories.getStory(input.id)).toEqual(made);
  });

  test('a story that a person made is there for that person, and for nobody else who is named', async () => {
    const requestedBy = await backend.signUp();
    const own = await stories.createStory({ displayName: 'Own', initialPrompt: 'x', requestedBy });
    expect(await stories.getStory(own.id, requestedBy)).toEqual({ ...own, requestedBy });
    expect(await stories.getStory(own.id)).toEqual(own);
    await expect(stories.getStory(own.id, randomUUID())).rejects.toBeInstanceOf(StoryNotFoundError);
    await expect(stories.getStory(storyId, requestedBy)).rejects.toBeInstanceOf(StoryNotFoundError);
  });

  test('a story for a person that there is not is refused as such', async () => {
    const made = stories.createStory({ displayName: 'Own', initialPrompt: 'x', requestedBy: randomUUID() });
    await expect(made).rejects.toBeInstanceOf(RequesterNotFoundError);
  });

  test('the newest stories come first', async () => {
    const made = [];
    for (const displayName of ['one', 'two', 'three'])
      made.push(await stories.createStory({ displayName, initialPrompt: 'x' }));
    const listed = await stories.listRecent(2);
    expect(listed.map(({ displayName }) => displayName)).toEqual(['three', 'two']);
  });

  test('a document is kept as first written, until a run says replace', async () => {
    const save = (document: unknown, replace?: boolean) =>
      saveStoryWork(backend.store, fence, storyId, { kind: 'constitution', document, replace });
    expect(await save({ theme: 'first' })).toEqual({ theme: 'first' });
    expect(await save({ theme: 'second' })).toEqual({ theme: 'first' });
    expect(await save({ theme: 'third' }, true)).toEqual({ theme: 'third' });
    expect((await stories.getStory(storyId)).constitution).toEqual({ theme: 'third' });
  });

  test('each kind of piece lands in its place', async () => {
    for (const kind of ['outline', 'visual_design', 'audio_design'] as const) {
      await saveStoryWork(backend.store, fence, storyId, { kind, document: { kind } });
    }
    expect(await saveStoryWork(backend.store, fence, storyId, { kind: 'bundle_path', path: 'a/b' })).toBe('a/b');
    expect(await stories.getStory(storyId)).toMatchObject({
      outline: { kind: 'outline' },
      visualDesign: { kind: 'visual_design' },
      audioDesign: { kind: 'audio_design' },
      bundlePath: 'a/b',
    });
  });

  test('a run that lost its task persists nothing, and one of an unknown story is told', async () => {
    const piece = { kind: 'outline', document: { late: true } } as const;
    const stale = { ...fence, attempt: 2 };
    await expect(saveStoryWork(backend.store, stale, storyId, piece)).rejects.toThrow(StaleAttemptError);
    const nowhere = randomUUID();
    await expect(saveStoryWork(backend.store, fence, nowhere, piece)).rejects.toThrow(new StoryNotFoundError(nowhere));
    await expect(stories.getStory(nowhere)).rejects.toThrow(new StoryNotFoundError(nowhere));
  });

  const invalid: [string, string, () => Promise<unknown>][] = [
    ['a story without a name', 'displayName', () => stories.createStory({ displayName: ' ', initialPrompt: 'x' })],
    [
      'a name of 201 characters',
      'displayName',
      () => stories.createStory({ displayName: 'x'.repeat(201), initialPrompt: 'x' }),
    ],
    ['a story without a prompt', 'initialPrompt', () => stories.createStory({ displayName: 'x', initialPrompt: '' })],
    [
      'an endless prompt',
      'initialPrompt',
      () => stories.createStory({ displayName: 'x', initialPrompt: 'x'.repeat(50_001) }),
    ],
    ['an id that is no uuid', 'id', () => stories.createStory({ id: 'x', displayName: 'x', initialPrompt: 'x' })],
    [
      'an unknown field',
      'color',
      () => stories.createStory({ displayName: 'x', initialPrompt: 'x', color: 1 } as NewStory),
    ],
    ['a story of no uuid', 'storyId', () => stories.getStory('x')],
    ['too many stories', 'limit', () => stories.listRecent(1_001)],
    ['work of no story', 'storyId', () => saveStoryWork(backend.store, fence, 'x', { kind: 'bundle_path', path: 'x' })],
  ];
  test.each(invalid)('%s is refused at %s', async (_, path, call) => {
    const error = await call().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as ValidationError).errors.map((fault) => fault.path)).toEqual([path]);
  });

  test('a wrong key is a fault of the installation, and is not repeated in the error', async () => {
    const planted = 'sb_secret_PLANTEDCANARY0123456789';
    const store = connectStore({ url: backend.url, secretKey: planted });
    const calls = [
      () => createStoriesRepository(store).getStory(storyId),
      () => createStoriesRepository(store).createStory({ displayName: 'x', initialPrompt: 'x' }),
      () => createStoryTasksRepository(store).cancelTask(fence.taskId),
    ];
    for (const call of calls) {
      const error = await call().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(StoreRejectedError);
      expect((error as Error).message).toContain('HTTP 401');
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain('CANARY');
    }
  });
});
