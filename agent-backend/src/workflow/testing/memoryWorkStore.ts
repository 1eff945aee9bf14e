/** Story work in memory, with the store's promises: keep what is there, and answer it as it stands. */
import { randomUUID } from 'node:crypto';
import { StoryNotFoundError } from '@story-tasks/supabase';
import type { ShotList, Stored, StoryScenelet, StoryWork } from '../../documents/documents.ts';
import type { NewStoryScenelet, StoryDocuments, StoryWorkStore } from '../../runContext.ts';

export class MemoryWorkStore implements StoryWorkStore {
  readonly #stories = new Map<string, StoryWork>();

  addStory(initialPrompt: string, displayName = 'A story'): string {
    const id = randomUUID();
    const documents = { constitution: null, outline: null, visualDesign: null, audioDesign: null };
    this.#stories.set(id, { id, displayName, initialPrompt, ...documents, scenelets: [] });
    return id;
  }

  async load(storyId: string): Promise<StoryWork> {
    const story = this.#stories.get(storyId);
    if (!story) throw new StoryNotFoundError(storyId);
    return structuredClone(story);
  }

  async saveDocument<K extends keyof StoryDocuments>(
    storyId: string,
    kind: K,
    document: StoryDocuments[K],
    options?: { replace: boolean },
  ): Promise<StoryDocuments[K]> {
    const story = await this.load(storyId);
    const earlier = story[kind];
    if (earlier && !options?.replace) return earlier as StoryDocuments[K];
    this.#stories.set(storyId, { ...story, [kind]: document });
    return document;
  }

  async saveScenelet(storyId: string, scenelet: NewStoryScenelet): Promise<StoryScenelet> {
    const story = await this.load(storyId);
    const earlier = story.scenelets.find(({ key }) => key === scenelet.key);
    if (earlier) return earlier;
    const saved: StoryScenelet = { ...scenelet, id: randomUUID(), shotList: null };
    this.#stories.set(storyId, { ...story, scenelets: [...story.scenelets, saved] });
    return saved;
  }

  async saveShotList(sceneletId: string, shotList: Stored<ShotList>): Promise<void> {
    for (const story of this.#stories.values()) {
      const scenelets = story.scenelets.map((one) => (one.id === sceneletId ? { ...one, shotList } : one));
      this.#stories.set(story.id, { ...story, scenelets });
    }
  }

  async saveBundlePath(): Promise<void> {}
}
