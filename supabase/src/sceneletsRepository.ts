/** Scenelets: the written nodes of a story's interactive script. */
import { z } from 'zod';
import { askStore, type Store } from './client.ts';
import { StoryNotFoundError } from './errors.ts';
import { recordOf } from './rows.ts';
import { createStoriesRepository } from './storiesRepository.ts';
import { idSchema, validated } from './validation.ts';

const newSceneletSchema = z
  .strictObject({
    id: idSchema.optional(),
    storyId: idSchema,
    parentId: idSchema.nullable().default(null),
    key: z.string().min(1).max(60),
    choiceLabelFromParent: z.string().min(1).max(140).nullable().default(null),
    content: z.record(z.string(), z.unknown()),
  })
  .refine((scenelet) => (scenelet.parentId === null) === (scenelet.choiceLabelFromParent === null), {
    path: ['choiceLabelFromParent'],
    message: 'must be given exactly when parentId is',
  });
export type NewScenelet = z.input<typeof newSceneletSchema>;

export interface SceneletRecord {
  readonly id: string;
  readonly storyId: string;
  readonly parentId: string | null;
  readonly key: string;
  readonly choiceLabelFromParent: string | null;
  readonly content: unknown;
  readonly shotList: unknown;
  readonly createdAt: string;
}

/** One page of a listing; PostgREST cuts rows at 1,000. */
const pageSize = 500;

export type SceneletsRepository = ReturnType<typeof createSceneletsRepository>;

/** Every method may also throw StoreUnavailableError or StoreRejectedError. */
export function createSceneletsRepository(store: Store) {
  const stories = createStoriesRepository(store);

  const readPage = (storyId: string, afterId: string | null) =>
    askStore<Record<string, unknown>[]>(store, 'list scenelets', (signal) => {
      const query = store.client.from('scenelets').select('*').eq('story_id', storyId);
      const page = afterId === null ? query : query.gt('id', afterId);
      return page.order('id').limit(pageSize).abortSignal(signal);
    });

  return {
    /**
     * Adds a scenelet outside of a run (an import, an editor). Of a key that the story has already, the earlier stays.
     * @throws ValidationError, StoryNotFoundError
     */
    async createScenelet(input: NewScenelet): Promise<SceneletRecord> {
      const scenelet = validated(newSceneletSchema, input);
      await stories.getStory(scenelet.storyId);
      const row = {
        id: scenelet.id ?? store.chance.uuid(),
        story_id: scenelet.storyId,
        parent_id: scenelet.parentId,
        key: scenelet.key,
        choice_label_from_parent: scenelet.choiceLabelFromParent,
        content: scenelet.content,
      };
      await askStore(store, 'create a scenelet', (signal) =>
        store.client
          .from('scenelets')
          .upsert(row, { onConflict: 'story_id,key', ignoreDuplicates: true })
          .abortSignal(signal),
      );
      const made = await askStore<Record<string, unknown>>(store, 'read a scenelet', (signal) =>
        store.client
          .from('scenelets')
          .select('*')
          .eq('story_id', row.story_id)
          .eq('key', row.key)
          .abortSignal(signal)
          .maybeSingle(),
      );
      if (made === null) throw new StoryNotFoundError(scenelet.storyId);
      return recordOf<SceneletRecord>(made);
    },

    /** All scenelets of a story, the oldest first, however many there are. */
    async listByStory(storyId: string): Promise<SceneletRecord[]> {
      validated(idSchema, storyId, 'storyId');
      const all: SceneletRecord[] = [];
      for (;;) {
        const rows = (await readPage(storyId, all.at(-1)?.id ?? null)) ?? [];
        all.push(...rows.map((row) => recordOf<SceneletRecord>(row)));
        if (rows.length < pageSize) return all.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
      }
    },
  };
}
