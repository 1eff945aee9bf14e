/** Stories and their documents. The documents' shapes are the story domain's; here they are JSON. */
import { createStoryRequestSchema } from '@story-tasks/contracts';
import { z } from 'zod';
import { askStore, callFunction, type Store } from './client.ts';
import { RequesterNotFoundError, StaleAttemptError, StoreRejectedError, StoryNotFoundError } from './errors.ts';
import { recordOf } from './rows.ts';
import { idSchema, validated } from './validation.ts';

const newStorySchema = createStoryRequestSchema.extend({ id: idSchema.optional(), requestedBy: idSchema.nullish() });
export type NewStory = z.input<typeof newStorySchema>;

export interface StoryRecord {
  readonly id: string;
  readonly displayName: string;
  readonly initialPrompt: string;
  readonly constitution: unknown;
  readonly outline: unknown;
  readonly visualDesign: unknown;
  readonly audioDesign: unknown;
  readonly bundlePath: string | null;
  /** Null when no person made it. */
  readonly requestedBy: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** The fence of the run that writes (R2). */
export interface RunFence {
  readonly taskId: string;
  readonly attempt: number;
}

export const storyDocumentKinds = ['constitution', 'outline', 'visual_design', 'audio_design'] as const;
export type StoryDocumentKind = (typeof storyDocumentKinds)[number];

/** What a run persists of a story, one step at a time. */
export type StoryWorkPiece =
  | { readonly kind: StoryDocumentKind; readonly document: unknown; readonly replace?: boolean }
  | { readonly kind: 'bundle_path'; readonly path: string }
  | { readonly kind: 'shot_list'; readonly sceneletId: string; readonly document: unknown }
  | {
      readonly kind: 'scenelet';
      readonly key: string;
      readonly parentId: string | null;
      readonly choiceLabelFromParent: string | null;
      readonly content: unknown;
    };

/**
 * Persists one piece under the run's fence, keeping what is there already unless it says `replace`.
 * @returns the piece as it stands afterwards
 * @throws StaleAttemptError when the run lost its task, StoryNotFoundError
 */
export async function saveStoryWork(
  store: Store,
  fence: RunFence,
  storyId: string,
  piece: StoryWorkPiece,
): Promise<unknown> {
  validated(idSchema, storyId, 'storyId');
  const reply = await callFunction<{ outcome: 'saved' | 'stale' | 'story_not_found'; value?: unknown }>(
    store,
    'save_story_work',
    { ...fence, storyId, ...piece },
  );
  if (reply.outcome === 'stale') throw new StaleAttemptError(fence.taskId);
  if (reply.outcome === 'story_not_found') throw new StoryNotFoundError(storyId);
  return reply.value;
}

/** SQLSTATE. A new story refers to nothing but its owner. */
const foreignKeyViolation = '23503';

export type StoriesRepository = ReturnType<typeof createStoriesRepository>;

/** Every method may also throw StoreUnavailableError or StoreRejectedError. */
export function createStoriesRepository(store: Store) {
  return {
    /** @throws ValidationError, RequesterNotFoundError */
    async createStory(input: NewStory): Promise<StoryRecord> {
      const story = validated(newStorySchema, input);
      const row = {
        id: story.id ?? store.chance.uuid(),
        display_name: story.displayName,
        initial_prompt: story.initialPrompt,
        requested_by: story.requestedBy ?? null,
      };
      await askStore(store, 'create a story', (signal) =>
        // A repeat, after an answer that got lost, finds its own row and leaves it (R7).
        store.client.from('stories').upsert(row, { onConflict: 'id', ignoreDuplicates: true }).abortSignal(signal),
      ).catch((error: unknown) => {
        const orphan = error instanceof StoreRejectedError && error.answer === foreignKeyViolation;
        throw orphan ? new RequesterNotFoundError(row.requested_by ?? '') : error;
      });
      return this.getStory(row.id);
    },

    /** @param owner only a story of this person is there @throws ValidationError, StoryNotFoundError */
    async getStory(storyId: string, owner?: string): Promise<StoryRecord> {
      validated(idSchema, storyId, 'storyId');
      const row = await askStore<Record<string, unknown>>(store, 'read a story', (signal) => {
        const story = store.client.from('stories').select('*').eq('id', storyId);
        const own = owner === undefined ? story : story.eq('requested_by', owner);
        return own.abortSignal(signal).maybeSingle();
      });
      if (row === null) throw new StoryNotFoundError(storyId);
      return recordOf<StoryRecord>(row);
    },

    /** The newest stories first; at most 1,000. */
    async listRecent(limit = 20): Promise<StoryRecord[]> {
      validated(z.int().min(1).max(1_000), limit, 'limit');
      const rows = await askStore<Record<string, unknown>[]>(store, 'list stories', (signal) =>
        store.client
          .from('stories')
          .select('*')
          .order('created_at', { ascending: false })
          .limit(limit)
          .abortSignal(signal),
      );
      return (rows ?? []).map((row) => recordOf<StoryRecord>(row));
    },
  };
}
