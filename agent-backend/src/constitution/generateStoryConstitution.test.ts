import { workflowTasks } from '@story-tasks/contracts';
import { describe, expect, test } from 'vitest';
import { checkOutline } from '../documents/checkOutline.ts';
import { runWorkflowTask } from '../workflow/runWorkflowTask.ts';
import { MemoryWorkStore } from '../workflow/testing/memoryWorkStore.ts';
import { testRun } from '../workflow/testing/testRun.ts';
import { generateStoryConstitution } from './generateStoryConstitution.ts';

const premise = 'Bashir is the gardener of Tethys Station. One tree has flowered early, towards the hull.';

async function storyWith(tasks: readonly (typeof workflowTasks)[number][]): Promise<[MemoryWorkStore, string]> {
  const store = new MemoryWorkStore();
  const storyId = store.addStory(premise);
  for (const task of tasks) await runWorkflowTask(testRun(store, storyId).context, { task });
  return [store, storyId];
}

describe('regenerating the constitution', () => {
  test('tells of queuing, generating and persisting, in that order', async () => {
    const [store, storyId] = await storyWith(['CREATE_CONSTITUTION']);
    const run = testRun(store, storyId);
    await generateStoryConstitution(run.context, {});
    const phases = run.events.flatMap(({ payload }) => payload?.['phase'] ?? []);
    expect([...new Set(phases)]).toEqual(['queuing', 'generating', 'persisting']);
    expect(run.events.find(({ payload }) => payload?.['phase'] === 'queuing')?.progress).toBe(0);
    expect(run.events.at(-1)).toMatchObject({ persisted: true, progress: 95 });
  });

  test('replaces the earlier one, with the next revision and another angle', async () => {
    const [store, storyId] = await storyWith(['CREATE_CONSTITUTION']);
    const before = (await store.load(storyId)).constitution;
    const result = await generateStoryConstitution(testRun(store, storyId).context, {});
    const after = (await store.load(storyId)).constitution;
    expect(result).toMatchObject({ revision: 1, generated: 1, madeFromEarlierConstitution: [] });
    expect(after?.theme).not.toBe(before?.theme);
    expect(after?.provenance.constitutionRevision).toBe(1);
  });

  test('makes the first one where there is none', async () => {
    const [store, storyId] = await storyWith([]);
    expect(await generateStoryConstitution(testRun(store, storyId).context, {})).toMatchObject({ revision: 0 });
  });

  test('is not paid for again by a run of the same task', async () => {
    const [store, storyId] = await storyWith(['CREATE_CONSTITUTION']);
    const first = testRun(store, storyId);
    await generateStoryConstitution(first.context, {});
    const again = testRun(store, storyId, { taskId: first.context.taskId });
    const result = await generateStoryConstitution(again.context, {});
    expect(again.calls).toEqual([]);
    expect(result).toMatchObject({ revision: 1, reused: 1, llmCalls: 0 });
  });

  test('keeps the later documents, lists them, and leaves the script playable', async () => {
    const [store, storyId] = await storyWith(workflowTasks);
    const before = await store.load(storyId);
    const result = await generateStoryConstitution(testRun(store, storyId).context, {});
    const { constitution, outline, scenelets, visualDesign } = await store.load(storyId);
    expect(outline && constitution && checkOutline(outline, constitution)).toEqual([]);
    expect({ scenelets, visualDesign }).toEqual({ scenelets: before.scenelets, visualDesign: before.visualDesign });
    const opening = scenelets[0]?.key;
    expect(result['madeFromEarlierConstitution']).toEqual(
      expect.arrayContaining(['outline', 'visualDesign', 'audioDesign', `scenelet:${opening}`, `shotList:${opening}`]),
    );
  });

  test('stopped before its call, replaces nothing', async () => {
    const [store, storyId] = await storyWith(['CREATE_CONSTITUTION']);
    const before = await store.load(storyId);
    const run = testRun(store, storyId, { refuseCheckpoint: 1 });
    await expect(generateStoryConstitution(run.context, {})).rejects.toThrow('overtaken');
    expect(run.calls).toEqual([]);
    expect(await store.load(storyId)).toEqual(before);
  });
});
