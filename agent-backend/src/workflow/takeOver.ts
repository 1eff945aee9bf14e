/**
 * `resumeWorkflowFromStoryId` naming another story: what the task's own story lacks is copied from there, with its
 * provenance, before anything is generated.
 *
 * Pieces are copied only along the chain they were made in: a story that already has a constitution of its own takes
 * nothing over that was made from another one, and scenelets follow only the outline they were written for. The chain is
 * compared by content, so that a copy that was broken off goes on where it stopped.
 */
import { isDeepStrictEqual } from 'node:util';
import type { WorkflowTask } from '@story-tasks/contracts';
import type { StoryWork } from '../documents/documents.ts';
import { writingOrder } from '../documents/outlineGraph.ts';
import type { StoryDocuments, StoryWorkStore } from '../runContext.ts';

type LaterDocument = Exclude<keyof StoryDocuments, 'constitution'>;

/** What a workflow task reads or makes, besides the constitution: nothing else is taken over. */
const laterDocuments: Record<WorkflowTask, readonly LaterDocument[]> = {
  CREATE_CONSTITUTION: [],
  CREATE_INTERACTIVE_SCRIPT: ['outline'],
  CREATE_VISUAL_DESIGN: ['visualDesign'],
  CREATE_AUDIO_DESIGN: ['audioDesign'],
  CREATE_SHOT_LIST: ['outline', 'visualDesign'],
};

/**
 * @param own the task's story
 * @param source the story to take over from
 * @returns how many pieces were copied; load the story again when it is not 0
 */
export async function takeOver(
  store: StoryWorkStore,
  task: WorkflowTask,
  own: StoryWork,
  source: StoryWork,
): Promise<number> {
  let copied = await copyDocument(store, own, source, 'constitution');
  const constitution = own.constitution ?? source.constitution;
  if (!constitution || !isDeepStrictEqual(constitution, source.constitution)) return copied;
  for (const kind of laterDocuments[task]) copied += await copyDocument(store, own, source, kind);
  const outline = own.outline ?? source.outline;
  const sameScript = outline !== null && isDeepStrictEqual(outline, source.outline);
  if (!sameScript || !laterDocuments[task].includes('outline')) return copied;
  return copied + (await copyScenelets(store, own, source)) + (await copyShotLists(store, task, own, source));
}

/** Copies one document when the own story lacks it; answers how many were copied. */
async function copyDocument(
  store: StoryWorkStore,
  own: StoryWork,
  source: StoryWork,
  kind: keyof StoryDocuments,
): Promise<number> {
  const document = source[kind];
  if (own[kind] || !document) return 0;
  await store.saveDocument(own.id, kind, document);
  return 1;
}

/** Parents come first, so that each copy's parent has its own id in the task's story. */
async function copyScenelets(store: StoryWorkStore, own: StoryWork, source: StoryWork): Promise<number> {
  const ids = new Map(own.scenelets.map((scenelet) => [scenelet.key, scenelet.id]));
  const keysById = new Map(source.scenelets.map((scenelet) => [scenelet.id, scenelet.key]));
  const missing = inWritingOrder(source).filter((scenelet) => !ids.has(scenelet.key));
  for (const { key, parentId, choiceLabelFromParent, content } of missing) {
    const ownParent = parentId && (ids.get(keysById.get(parentId) ?? '') ?? null);
    const saved = await store.saveScenelet(own.id, { key, parentId: ownParent, choiceLabelFromParent, content });
    ids.set(key, saved.id);
  }
  return missing.length;
}

async function copyShotLists(
  store: StoryWorkStore,
  task: WorkflowTask,
  own: StoryWork,
  source: StoryWork,
): Promise<number> {
  if (task !== 'CREATE_SHOT_LIST') return 0;
  const { scenelets } = await store.load(own.id);
  let copied = 0;
  for (const { key, content, shotList } of source.scenelets) {
    const target = scenelets.find((scenelet) => scenelet.key === key && scenelet.shotList === null);
    if (!target || !shotList || !isDeepStrictEqual(target.content, content)) continue;
    await store.saveShotList(target.id, shotList);
    copied += 1;
  }
  return copied;
}

function inWritingOrder(work: StoryWork): StoryWork['scenelets'] {
  const byKey = new Map(work.scenelets.map((scenelet) => [scenelet.key, scenelet]));
  return work.outline ? writingOrder(work.outline).flatMap((node) => byKey.get(node.key) ?? []) : [];
}
