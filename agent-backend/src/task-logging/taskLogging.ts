/** What all runs of a process share to be put on record. */
import { systemWorld, type World } from '@story-tasks/contracts';
import type { StoryTasksRepository } from '@story-tasks/supabase';
import { type BatcherSettings, defaultBatcherSettings, EventBatcher } from './eventBatcher.ts';

/** Shared by all runs of a process. */
export interface TaskLogging extends World {
  readonly repository: StoryTasksRepository;
  readonly batcher: EventBatcher;
  readonly settings: BatcherSettings;
}

/** Of the lease, at most: a heartbeat of 4 s for a lease of 15 s. */
const heartbeatShare = 4 / 15;

export function createTaskLogging(
  repository: StoryTasksRepository,
  settings: BatcherSettings = defaultBatcherSettings,
  { clock, chance }: World = systemWorld,
): TaskLogging {
  const fitting = fit(settings);
  const batcher = new EventBatcher((entries) => repository.appendBatch(entries), clock, fitting);
  return { repository, batcher, clock, chance, settings: fitting };
}

/**
 * The store takes whole milliseconds, which seconds from the environment, times a thousand, may miss by a hair. And a
 * short lease needs a quicker heartbeat: else a silent run would stop itself between two of them.
 */
function fit(settings: BatcherSettings): BatcherSettings {
  const leaseMs = Math.round(settings.leaseMs);
  const heartbeatMs = Math.min(settings.heartbeatMs, leaseMs * heartbeatShare);
  return { ...settings, leaseMs, heartbeatMs };
}
