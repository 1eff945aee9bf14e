/** Which queued rows need a job, and when. */
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
 * A queue task that waits and has no job was left behind: its API died before it enqueued it, its worker was lost, or
 * Redis lost the lane. A direct task belongs to whoever made it, a held one waits for its start.
 *
 * @param now milliseconds since the epoch, by this process's clock
 */
export function decideEnqueue(observed: readonly QueuedObservation[], now: number): EnqueueAction[] {
  return observed
    .filter(
      ({ task, hasJob }) => hasJob === false && task.dispatch === 'queue' && task.status === 'queued' && !task.held,
    )
    .map(({ task }) => ({ task, delayMs: delayOf(task, now) }));
}

/**
 * Until the row may be claimed. Never longer than it had to wait when it was written, which two readings of the
 * database's clock say: a clock of ours that is minutes behind would put jobs off by as much. One that is ahead only has
 * the claim refused, and the worker puts the job off by what the database says.
 */
function delayOf(task: TaskRecord, now: number): number {
  const availableAt = Date.parse(task.availableAt);
  return Math.max(0, Math.min(availableAt - now, availableAt - Date.parse(task.updatedAt)));
}
