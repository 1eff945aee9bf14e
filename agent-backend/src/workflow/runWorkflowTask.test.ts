import { workflowTasks } from '@story-tasks/contracts';
import { describe, expect, test } from 'vitest';
import { PrerequisiteMissingError } from './errors.ts';
import { runWorkflowTask } from './runWorkflowTask.ts';
import { MemoryWorkStore } from './testing/memoryWorkStore.ts';
import { type TestRun, type TestRunOptions, testRun } from './testing/testRun.ts';

const premise =
  'Ines Corval has kept the light on Saltmother Rock for eleven years. Every night at ten past three somebody answers her from the empty sea. Her nephew Davit wants to take the small boat out and look.';

type Task = (typeof workflowTasks)[number];

/** Runs the task and answers its result with what it did. */
async function perform(
  store: MemoryWorkStore,
  storyId: string,
  task: Task,
  options: TestRunOptions & { from?: string } = {},
): Promise<TestRun & { result: Record<string, unknown> }> {
  const run = testRun(store, storyId, options);
  const resume = options.from === undefined ? {} : { resumeWorkflowFromStoryId: options.from };
  return { ...run, result: await runWorkflowTask(run.context, { task, ...resume }) };
}

async function finishedStory(): Promise<{ store: MemoryWorkStore; storyId: string }> {
  const store = new MemoryWorkStore();
  const storyId = store.addStory(premise);
  for (const task of workflowTasks) await perform(store, storyId, task);
  return { store, storyId };
}

async function withConstitution(): Promise<{ store: MemoryWorkStore; storyId: string }> {
  const store = new MemoryWorkStore();
  const storyId = store.addStory(premise);
  await perform(store, storyId, 'CREATE_CONSTITUTION');
  return { store, storyId };
}

describe('a workflow task', () => {
  test('makes everything once, and asks for nothing when it runs again', async () => {
    const { store, storyId } = await finishedStory();
    const before = await store.load(storyId);
    for (const task of workflowTasks) {
      const again = await perform(store, storyId, task);
      expect(again.calls, task).toEqual([]);
      expect(again.result, task).toMatchObject({ task, generated: 0, llmCalls: 0 });
    }
    expect(await store.load(storyId)).toEqual(before);
  });

  test('signs each piece with its task and provider', async () => {
    const { store, storyId } = await finishedStory();
    const work = await store.load(storyId);
    const pieces = [work.constitution, work.outline, work.visualDesign, work.audioDesign];
    const shots = work.scenelets.flatMap(({ content, shotList }) => [content, shotList]);
    for (const piece of [...pieces, ...shots]) {
      expect(piece?.provenance).toMatchObject({ provider: 'offline', offline: true, constitutionRevision: 0 });
    }
  });

  test('gives every scenelet but the opening a parent that was written before it', async () => {
    const { store, storyId } = await finishedStory();
    const { scenelets } = await store.load(storyId);
    scenelets.forEach((scenelet, index) => {
      const parent = scenelets.findIndex(({ id }) => id === scenelet.parentId);
      expect(parent).toBeLessThan(index);
      expect(parent === -1).toBe(index === 0);
      expect(scenelet.choiceLabelFromParent === null).toBe(index === 0);
    });
  });

  test.each([1, 2, 5, 9])('stopped inside call %i, makes exactly the rest the next time', async (abortAtCall) => {
    const { store, storyId } = await withConstitution();
    const stopped = testRun(store, storyId, { abortAtCall });
    await expect(runWorkflowTask(stopped.context, { task: 'CREATE_INTERACTIVE_SCRIPT' })).rejects.toThrow('cancelled');
    const rest = await perform(store, storyId, 'CREATE_INTERACTIVE_SCRIPT');
    const { outline } = await store.load(storyId);
    const total = 1 + (outline?.nodes.length ?? 0);
    expect(rest.calls.length).toBe(total - (abortAtCall - 1));
    expect(rest.result).toMatchObject({ generated: total - (abortAtCall - 1), reused: abortAtCall - 1 });
  });

  test('starts no call once its checkpoint refuses', async () => {
    const { store, storyId } = await withConstitution();
    const run = testRun(store, storyId, { refuseCheckpoint: 3 });
    await expect(runWorkflowTask(run.context, { task: 'CREATE_INTERACTIVE_SCRIPT' })).rejects.toThrow('overtaken');
    expect(run.calls).toEqual(['outline', 'scenelet']);
    expect((await store.load(storyId)).scenelets).toHaveLength(1);
  });

  test('adds the tokens of every call to the task', async () => {
    const { store, storyId } = await withConstitution();
    const run = await perform(store, storyId, 'CREATE_INTERACTIVE_SCRIPT');
    expect(run.usage).toEqual({ inputTokens: 10 * run.calls.length, outputTokens: 20 * run.calls.length });
  });
});

describe('a workflow task without what it works from', () => {
  const later = workflowTasks.filter((task) => task !== 'CREATE_CONSTITUTION');
  test.each(later)('%s asks for the constitution first, and calls nobody', async (task) => {
    const store = new MemoryWorkStore();
    const run = testRun(store, store.addStory(premise));
    const failure = await runWorkflowTask(run.context, { task }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PrerequisiteMissingError);
    expect(failure).toMatchObject({ code: 'PREREQUISITE_MISSING', kind: 'caller', runFirst: 'CREATE_CONSTITUTION' });
    expect(run.calls).toEqual([]);
  });

  test('the shot list asks for the script while one scenelet is missing', async () => {
    const { store, storyId } = await withConstitution();
    const stopped = testRun(store, storyId, { abortAtCall: 6 });
    await runWorkflowTask(stopped.context, { task: 'CREATE_INTERACTIVE_SCRIPT' }).catch(() => undefined);
    await expect(perform(store, storyId, 'CREATE_SHOT_LIST')).rejects.toMatchObject({
      runFirst: 'CREATE_INTERACTIVE_SCRIPT',
    });
  });
});

describe('the events of a workflow task', () => {
  test('carry a progress that never falls, and say which piece is persisted', async () => {
    const store = new MemoryWorkStore();
    const storyId = store.addStory(premise);
    for (const task of workflowTasks) {
      const { events, calls } = await perform(store, storyId, task);
      const figures = events.flatMap(({ progress }) => progress ?? []);
      expect(figures).toEqual(figures.toSorted((a, b) => a - b));
      expect(Math.max(...figures)).toBeLessThanOrEqual(95);
      expect(events.filter(({ persisted }) => persisted)).toHaveLength(calls.length);
    }
  });

  test('say first, and every time, that no model was asked', async () => {
    const { store, storyId } = await withConstitution();
    const { events } = await perform(store, storyId, 'CREATE_INTERACTIVE_SCRIPT');
    expect(events[0]?.message).toBe('Written by the offline storyteller; no model was asked.');
    for (const event of events) expect(event.payload).toMatchObject({ offline: true });
  });

  test('repeat no three words of the prompt', async () => {
    const store = new MemoryWorkStore();
    const storyId = store.addStory(premise);
    const words = premise.toLowerCase().split(/\s+/);
    const runs = words.slice(2).map((_, index) => words.slice(index, index + 3).join(' '));
    for (const task of workflowTasks) {
      const { events } = await perform(store, storyId, task);
      const told = JSON.stringify(events).toLowerCase();
      expect(runs.filter((run) => told.includes(run))).toEqual([]);
    }
  });
});

describe('resumeWorkflowFromStoryId', () => {
  test('naming the task’s own story is the same as leaving it out', async () => {
    const { store, storyId } = await finishedStory();
    const run = await perform(store, storyId, 'CREATE_INTERACTIVE_SCRIPT', { from: storyId });
    expect(run.result).toMatchObject({ takenOver: 0, generated: 0 });
  });

  test('naming another story takes over what this one lacks, and leaves the other as it was', async () => {
    const { store, storyId: source } = await finishedStory();
    const before = await store.load(source);
    const storyId = store.addStory('Another premise altogether.');
    const run = await perform(store, storyId, 'CREATE_SHOT_LIST', { from: source });
    const copy = await store.load(storyId);
    expect(run.calls).toEqual([]);
    expect(copy.constitution).toEqual(before.constitution);
    expect(copy.scenelets.map(({ key, content, shotList }) => ({ key, content, shotList }))).toEqual(
      before.scenelets.map(({ key, content, shotList }) => ({ key, content, shotList })),
    );
    const ids = new Set(copy.scenelets.map(({ id }) => id));
    expect(copy.scenelets.every(({ parentId }) => parentId === null || ids.has(parentId))).toBe(true);
    expect(await store.load(source)).toEqual(before);
  });

  test('generates what the other story lacks too', async () => {
    const { store, storyId: source } = await withConstitution();
    const stopped = testRun(store, source, { abortAtCall: 5 });
    await runWorkflowTask(stopped.context, { task: 'CREATE_INTERACTIVE_SCRIPT' }).catch(() => undefined);
    const storyId = store.addStory(premise);
    const run = await perform(store, storyId, 'CREATE_INTERACTIVE_SCRIPT', { from: source });
    const { outline, scenelets } = await store.load(storyId);
    expect(run.result['takenOver']).toBe(5);
    expect(run.calls).toHaveLength((outline?.nodes.length ?? 0) - 3);
    expect(scenelets).toHaveLength(outline?.nodes.length ?? 0);
  });

  test('takes nothing over that was made from another constitution', async () => {
    const { store, storyId: source } = await finishedStory();
    const storyId = store.addStory('A goose applies for a licence.');
    await perform(store, storyId, 'CREATE_CONSTITUTION');
    const run = await perform(store, storyId, 'CREATE_VISUAL_DESIGN', { from: source });
    expect(run.result).toMatchObject({ takenOver: 0, generated: 1 });
  });

  test('fails with the store’s own error when there is no such story', async () => {
    const { store, storyId } = await withConstitution();
    const from = '00000000-0000-4000-8000-000000000000';
    await expect(perform(store, storyId, 'CREATE_AUDIO_DESIGN', { from })).rejects.toMatchObject({
      code: 'STORY_NOT_FOUND',
    });
  });
});
