import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createSceneletsRepository,
  createStoriesRepository,
  createStoryTasksRepository,
  type NewScenelet,
  type SceneletRecord,
  type SceneletsRepository,
  StoryNotFoundError,
  saveStoryWork,
  ValidationError,
} from '../src/index.ts';
import { type Backend, backends, insertRows } from './backends.ts';

describe.each(backends)('scenelets on $backend', ({ start }) => {
  let backend: Backend;
  let scenelets: SceneletsRepository;
  let storyId: string;

  const newStory = async () =>
    (await createStoriesRepository(backend.store).createStory({ displayName: 'Foxes', initialPrompt: 'Once' })).id;
  beforeAll(async () => {
    backend = await start();
    scenelets = createSceneletsRepository(backend.store);
    storyId = await newStory();
  });
  afterAll(() => backend.stop());

  const create = (input: Partial<NewScenelet> = {}) =>
    scenelets.createScenelet({ storyId, key: randomUUID(), content: { text: 'It begins.' }, ...input });

  test('a scenelet and its child are read back as they were made', async () => {
    const own = await newStory();
    const root = await create({
      storyId: own,
      key: 'root',
      content: { text: 'Root', list: [1, null, { deep: true }] },
    });
    const child = await create({ storyId: own, key: 'left', parentId: root.id, choiceLabelFromParent: 'Go left' });
    expect(child).toMatchObject({ parentId: root.id, choiceLabelFromParent: 'Go left', shotList: null });
    expect(await scenelets.listByStory(own)).toEqual([root, child]);
  });

  test('of a key that is there already the earlier scenelet stays', async () => {
    const first = await create({ key: 'twice' });
    expect(await create({ key: 'twice', content: { text: 'Another' } })).toEqual(first);
  });

  test('a run adds scenelets and shot lists under its fence, each once', async () => {
    const tasks = createStoryTasksRepository(backend.store);
    const { id: taskId } = (await tasks.createTask({ operation: 'RUN_WORKFLOW_TASK', storyId })).task;
    await tasks.claimTask({ taskId, claimToken: randomUUID(), workerId: 'w', leaseMs: 60_000, resumable: true });
    const save = (text: string) =>
      saveStoryWork(backend.store, { taskId, attempt: 1 }, storyId, {
        kind: 'scenelet',
        key: 'run',
        parentId: null,
        choiceLabelFromParent: null,
        content: { text },
      }) as Promise<SceneletRecord>;
    const first = await save('first');
    expect(await save('second')).toEqual(first);
    const shots = (document: unknown) =>
      saveStoryWork(backend.store, { taskId, attempt: 1 }, storyId, {
        kind: 'shot_list',
        sceneletId: first.id,
        document,
      });
    await shots({ shots: 1 });
    await shots({ shots: 2 });
    const written = (await scenelets.listByStory(storyId)).find(({ key }) => key === 'run');
    expect(written).toMatchObject({ id: first.id, content: { text: 'first' }, shotList: { shots: 1 } });
  });

  test('a story that is not there is named', async () => {
    const nowhere = randomUUID();
    await expect(create({ storyId: nowhere })).rejects.toThrow(new StoryNotFoundError(nowhere));
    expect(await scenelets.listByStory(nowhere)).toEqual([]);
  });

  const invalid: [string, string, () => Promise<unknown>][] = [
    ['a story of no uuid', 'storyId', () => create({ storyId: 'x' })],
    ['a scenelet without a key', 'key', () => create({ key: '' })],
    ['a key of 61 characters', 'key', () => create({ key: 'x'.repeat(61) })],
    ['a parent without a choice', 'choiceLabelFromParent', () => create({ parentId: randomUUID() })],
    ['a choice without a parent', 'choiceLabelFromParent', () => create({ choiceLabelFromParent: 'Go' })],
    ['a parent of no uuid', 'parentId', () => create({ parentId: 'x', choiceLabelFromParent: 'Go' })],
    ['a content that is no object', 'content', () => create({ content: 'text' as unknown as NewScenelet['content'] })],
    ['a listing of no story', 'storyId', () => scenelets.listByStory('x')],
  ];
  test.each(invalid)('%s is refused at %s', async (_, path, call) => {
    const error = await call().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as ValidationError).errors.map((fault) => fault.path)).toEqual([path]);
  });

  test('the scenelets of a story come whole, oldest first and once each, however many there are', async () => {
    const many = await newStory();
    const start = Date.parse('2026-01-01T00:00:00Z');
    const rows = Array.from({ length: 1_100 }, (_, n) => ({
      story_id: many,
      key: `scene-${n}`,
      content: {},
      created_at: new Date(start + n * 1_000).toISOString(),
    }));
    await insertRows(backend.store, 'scenelets', rows);
    expect((await scenelets.listByStory(many)).map(({ key }) => key)).toEqual(rows.map(({ key }) => key));
  });
});
