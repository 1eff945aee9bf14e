/** A story's documents in Supabase, as a run loads and persists them: typed here, JSON there. */
import { type Clock, pause } from '@story-tasks/contracts';
import {
  createSceneletsRepository,
  createStoriesRepository,
  type RunFence,
  recordOf,
  type SceneletRecord,
  type Store,
  StoreUnavailableError,
  type StoryDocumentKind,
  type StoryWorkPiece,
  saveStoryWork,
} from '@story-tasks/supabase';
import type { StoryScenelet, StoryWork } from './documents/documents.ts';
import type { StoryDocuments, StoryWorkStore } from './runContext.ts';

const columns: Record<keyof StoryDocuments, StoryDocumentKind> = {
  constitution: 'constitution',
  outline: 'outline',
  visualDesign: 'visual_design',
  audioDesign: 'audio_design',
};

/** Every document was checked when it was written, by the run that wrote it; reading trusts the record. */
function sceneletOf(record: SceneletRecord): StoryScenelet {
  const { id, key, parentId, choiceLabelFromParent } = record;
  const content = record.content as StoryScenelet['content'];
  const shotList = record.shotList as StoryScenelet['shotList'];
  return { id, key, parentId, choiceLabelFromParent, content, shotList };
}

export interface StoryWorkRun extends RunFence {
  /** The task's story: a run writes to no other. */
  readonly storyId: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** How long an outage of the store is waited out between two tries of one write, in milliseconds. */
const outagePauseMs = 500;

/**
 * What a run persists was paid for, so an outage of the store does not lose it: the write is repeated until the run is
 * aborted, which its own watch on the lease sees to.
 */
async function persistently<T>(
  { clock, signal }: Pick<StoryWorkRun, 'clock' | 'signal'>,
  write: () => Promise<T>,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      await pause(clock, outagePauseMs, signal).catch(() => undefined);
    }
  }
}

/** @param run the fence of the run that writes; one that was overtaken is refused with StaleAttemptError */
export function createStoryWorkStore(store: Store, run: StoryWorkRun): StoryWorkStore {
  const stories = createStoriesRepository(store);
  const scenelets = createSceneletsRepository(store);
  const { taskId, attempt } = run;
  const save = (storyId: string, piece: StoryWorkPiece) =>
    persistently(run, () => saveStoryWork(store, { taskId, attempt }, storyId, piece));

  return {
    load: (storyId) =>
      persistently(run, async () => {
        const [story, written] = await Promise.all([stories.getStory(storyId), scenelets.listByStory(storyId)]);
        return { ...(story as unknown as StoryWork), scenelets: written.map(sceneletOf) };
      }),
    async saveDocument(storyId, kind, document, options) {
      const piece = { kind: columns[kind], document, replace: options?.replace ?? false };
      return (await save(storyId, piece)) as typeof document;
    },
    async saveScenelet(storyId, scenelet) {
      const row = (await save(storyId, { kind: 'scenelet', ...scenelet })) as Record<string, unknown>;
      return sceneletOf(recordOf<SceneletRecord>(row));
    },
    async saveShotList(sceneletId, document) {
      await save(run.storyId, { kind: 'shot_list', sceneletId, document });
    },
    async saveBundlePath(storyId, path) {
      await save(storyId, { kind: 'bundle_path', path });
    },
  };
}
