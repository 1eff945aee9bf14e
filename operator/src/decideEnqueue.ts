/** Which queued rows need a job: the pure half of the reconciler. */
import type { TaskRecord } from '@story-tasks/contracts';

export interface QueuedObservation {
  readonly task: TaskRecord;
  /** Null where the lane could not be read: no reading, no decision. */
  readonly hasJob: boolean | null;
}

export interface EnqueueAction {
  readonly task: TaskRecord;
  /** From now until the row may be claimed. */
  readonly delayMs: number;
}

/**
 * A queue task that waits and has no job was left behind (its API died before it enqueued it, or Redis lost the lane).
 * A direct task belongs to whoever made it, a held one waits for its start.
 *
 * @param now milliseconds since the epoch, by this process's clock; a wrong one only makes a job early or late, and the
 *   claim is judged by the database's
 */
export function decideEnqueue(observed: readonly QueuedObservation[], now: number): EnqueueAction[] {
  return observed
    .filter(
      ({ task, hasJob }) => hasJob === false && task.dispatch === 'queue' && task.status === 'queued' && !task.held,
    )
    .map(({ task }) => ({ task, delayMs: Math.max(0, Date.parse(task.availableAt) - now) }));
}
