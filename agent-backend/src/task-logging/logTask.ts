/**
 * How a run is put on record: started, told of, completed. The CLI and the worker use it alike, so that a task looks the
 * same whoever ran it.
 */
import { describeError, type Operation, operations, pause, type TaskRecord } from '@story-tasks/contracts';
import {
  type FinishOutcome,
  type Release,
  type ReleaseOutcome,
  StaleAttemptError,
  StoreUnavailableError,
  type StoryTasksRepository,
} from '@story-tasks/supabase';
import type { ReportedEvent } from '../runContext.ts';
import { LeaseUnconfirmedError, RunCancelledError, RunOvertakenError, ShutdownError } from './errors.ts';
import { TaskLog } from './taskLog.ts';
import type { TaskLogging } from './taskLogging.ts';

/** A direct task to be created and claimed, or a task that was claimed from a lane. */
export type TaskStart =
  | { readonly claimed: TaskRecord }
  | {
      readonly operation: Operation;
      readonly storyId: string;
      readonly payload: Record<string, unknown>;
      /** Who runs it: `cli:<host>:<pid>`. */
      readonly workerId: string;
    };

/**
 * Puts a run on record. A direct task is created and claimed here; a task of a lane was claimed by the worker.
 * @throws the repository's errors; RunCancelledError when the new task was cancelled before it could be claimed
 */
export async function logTaskStart(logging: TaskLogging, start: TaskStart): Promise<TaskLog> {
  if ('claimed' in start) return new TaskLog(logging, start.claimed);
  const { operation, storyId, payload, workerId } = start;
  const { task } = await logging.repository.createTask({ operation, storyId, payload, dispatch: 'direct' });
  return new TaskLog(logging, await claimDirect(logging, task, workerId));
}

async function claimDirect({ repository, settings, chance }: TaskLogging, task: TaskRecord, workerId: string) {
  try {
    const claim = await repository.claimTask({
      taskId: task.id,
      claimToken: chance.uuid(),
      workerId,
      leaseMs: settings.leaseMs,
      resumable: operations[task.operation].resumable,
    });
    if (claim.outcome === 'claimed') return claim.task;
  } catch (error) {
    // Nobody else would ever take a direct task up, so it would stay queued for good.
    await repository.cancelTask(task.id, 'It could not be started').catch(() => undefined);
    throw error;
  }
  // Nobody else claims a direct task, holds it or puts it off: what can have happened is a cancellation.
  throw new RunCancelledError();
}

/** Adds an event to the run's next batch. */
export function logTaskEvent(log: TaskLog, event: ReportedEvent): void {
  log.report(event);
}

/** How a run ended, before the store decided. */
export type RunEnd =
  | { readonly status: 'succeeded'; readonly result: Record<string, unknown> }
  | { readonly status: 'failed'; readonly error: unknown; readonly retryAfterMs?: number };

export type Completion = FinishOutcome | ReleaseOutcome;

/**
 * Writes the end of a run, with the events that were not sent yet. How an aborted run ends, by its signal's reason:
 *
 *   RunCancelledError                      cancelled
 *   RunOvertakenError, StaleAttemptError   not written: the row is somebody else's
 *   ShutdownError, LeaseUnconfirmedError   released to its lane; a direct task has none, and fails
 *   any other                              failed; tried again if retryable, as far as the row's budget goes
 *
 * @throws StoreUnavailableError when the store is away for longer than the lease: the row is then somebody else's to mend
 */
export async function logTaskCompletion(logging: TaskLogging, log: TaskLog, end: RunEnd): Promise<Completion> {
  const told = await log.close();
  // One event id for all tries: a try whose answer got lost is answered as it was the first time (R7).
  const fence = { taskId: log.task.id, attempt: log.task.attempt, eventId: logging.chance.uuid(), ...told };
  const deadline = logging.clock.now() + logging.settings.leaseMs;
  for (;;) {
    try {
      return await writeEnd(logging.repository, log.task, fence, end);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || logging.clock.now() > deadline) throw error;
      await pause(logging.clock, logging.settings.retryMs);
    }
  }
}

type Fence = Omit<Release, 'message'>;

function writeEnd(
  repository: StoryTasksRepository,
  { dispatch }: TaskRecord,
  fence: Fence,
  end: RunEnd,
): Promise<Completion> {
  if (end.status === 'succeeded') {
    const { bundlePath } = end.result;
    const payload = typeof bundlePath === 'string' ? { bundlePath } : undefined;
    return repository.finishTask({ ...fence, status: 'succeeded', message: 'Succeeded', payload, result: end.result });
  }
  const { error } = end;
  if (error instanceof RunOvertakenError || error instanceof StaleAttemptError) {
    return overtaken(repository, fence.taskId);
  }
  const leftOff = error instanceof ShutdownError || error instanceof LeaseUnconfirmedError;
  if (leftOff && dispatch === 'queue') {
    return repository.releaseTask({ ...fence, message: `Released: ${error.message}` });
  }
  if (error instanceof RunCancelledError) {
    return repository.finishTask({ ...fence, status: 'cancelled', message: 'Cancelled' });
  }
  return repository.finishTask({ ...fence, status: 'failed', ...failure(error, end.retryAfterMs) });
}

async function overtaken(repository: StoryTasksRepository, taskId: string): Promise<Completion> {
  const task = await repository.getTask(taskId);
  return { outcome: task.status === 'cancelled' ? 'cancelled' : 'stale', task };
}

function failure(error: unknown, retryAfterMs: number | undefined) {
  const { code, kind, message } = describeError(error);
  return {
    message,
    payload: { code },
    errorCode: code,
    errorMessage: message,
    // Whole milliseconds: the store refuses a fraction, and the end would then stay unwritten.
    retryAfterMs: kind === 'retryable' && retryAfterMs !== undefined ? Math.round(retryAfterMs) : undefined,
  };
}
