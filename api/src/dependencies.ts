/** What the endpoints work with. Each call here says in auth/scope.ts what a person may do by it. */
import type { Operation } from '@story-tasks/contracts';
import type { Lanes, Logger, Metrics } from '@story-tasks/runtime';
import type { BundleStore, SceneletsRepository, StoriesRepository, StoryTasksRepository } from '@story-tasks/supabase';
import type { EventStreams } from './streams/eventStreams.ts';

export interface ApiDependencies {
  readonly tasks: Pick<
    StoryTasksRepository,
    | 'createTask'
    | 'listTasks'
    | 'getTask'
    | 'listRecentEvents'
    | 'listEventsAfter'
    | 'startTask'
    | 'cancelTask'
    | 'retryTask'
    | 'failEnqueue'
  >;
  readonly stories: Pick<StoriesRepository, 'createStory' | 'getStory'>;
  readonly scenelets: Pick<SceneletsRepository, 'listByStory'>;
  readonly bundles: BundleStore;
  readonly lanes: Pick<Lanes, 'enqueue' | 'remove'>;
  /** Tells running workers of a cancellation; rejects when Redis is away. */
  readonly publishCancellation: (taskId: string) => Promise<unknown>;
  /** How often a new task of an operation may fail retryably, where the request does not say. */
  readonly attemptsOf: (operation: Operation) => number;
  readonly streams: Pick<EventStreams, 'open'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
}
