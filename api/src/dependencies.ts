/** What the endpoints work with. */
import type { Operation } from '@story-tasks/contracts';
import type { Lanes, Logger, Metrics } from '@story-tasks/runtime';
import type { BundleStore, SceneletsRepository, StoriesRepository, StoryTasksRepository } from '@story-tasks/supabase';
import type { EventStreams } from './streams/eventStreams.ts';

export interface ApiDependencies {
  readonly tasks: StoryTasksRepository;
  readonly stories: StoriesRepository;
  readonly scenelets: SceneletsRepository;
  readonly bundles: BundleStore;
  readonly lanes: Pick<Lanes, 'enqueue' | 'remove'>;
  /** Tells running workers of a cancellation; rejects when Redis is away. */
  readonly publishCancellation: (taskId: string) => Promise<unknown>;
  /** How often a new task of an operation may fail retryably, where the request does not say. */
  readonly attemptsOf: (operation: Operation) => number;
  readonly streams: EventStreams;
  readonly logger: Logger;
  readonly metrics: Metrics;
}
