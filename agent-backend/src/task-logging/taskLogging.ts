/**
 * How a run is put on record: started, told of, completed. The CLI and the worker use it alike, so that a task looks the
 * same whoever ran it.
 */
import { randomUUID } from 'node:crypto';
import {
  describeError,
  type NewTaskEvent,
  type Operation,
  type TaskRecord,
  operations,
} from '@story-tasks/contracts';
import {
  type BatchAnswer,
  type FinishOutcome,
  type Release,
  type ReleaseOutcome,
  StaleAttemptError,
  StoreUnavailableError,
  type StoryTasksRepository,
} from '@story-tasks/supabase';
import type { TokenUsage } from '../llm/gateway.ts';
import type { ReportedEvent } from '../runContext.ts';
import { type Clock, systemClock } from './clock.ts';
import { LeaseUnconfirmedError, RunCancelledError, RunOvertakenError, RunTimeoutError, ShutdownError } from './errors.ts';
import { type BatchedRun, type BatcherSettings, defaultBatcherSettings, EventBatcher } from './eventBatcher.ts';

/** A run stops itself this long after the last confirmed extension: well before a lease of 15 s can run out. */
const unconfirmedLimit = 2 / 3;

/** Shared by all runs of a process. */
export interface TaskLogging {
  readonly repository: StoryTasksRepository;
  readonly batcher: EventBatcher;
  readonly clock: Clock;
  readonly settings: BatcherSettings;
}

export function createTaskLogging(
  repository: StoryTasksRepository,
  settings: BatcherSettings = defaultBatcherSettings,
  clock: Clock = systemClock,
): TaskLogging {
  const batcher = new EventBatcher((entries) => repository.appendBatch(entries), clock, settings);
  return { repository, batcher, clock, settings };
}

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

/** One run while it is on record. */
export class TaskLog {
  readonly task: TaskRecord;
  readonly #logging: TaskLogging;
  readonly #controller = new AbortController();
  readonly #aborted: Promise<never>;
  readonly #watches: (() => void)[] = [];
  #usage: TokenUsage;
  #draining = false;
  #progress: number;

  constructor(logging: TaskLogging, task: TaskRecord) {
    this.#logging = logging;
    this.task = task;
    this.#usage = { inputTokens: task.inputTokens, outputTokens: task.outputTokens };
    this.#progress = task.progress;
    this.#aborted = rejectionOf(this.signal);
    const run: BatchedRun = {
      taskId: task.id,
      attempt: task.attempt,
      usage: () => this.#usage,
      answered: (answer, sentAt) => this.#answered(answer, sentAt),
    };
    logging.batcher.open(run);
    this.#watchLease(logging.clock.now());
  }

  /** Aborted when the run must stop; its reason says why. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get usage(): TokenUsage {
    return this.#usage;
  }

  report(event: ReportedEvent): void {
    const { progress } = event;
    if (progress !== undefined) this.#progress = Math.max(this.#progress, progress);
    const told: NewTaskEvent = {
      id: randomUUID(),
      eventType: event.eventType ?? (progress === undefined ? 'info' : 'progress'),
      message: event.message,
      payload: event.payload,
      progressOverride: progress === undefined ? undefined : this.#progress,
      persisted: event.persisted,
    };
    this.#logging.batcher.add(this.task.id, told);
  }

  /** Sends what waits and asks whether to go on. @throws the reason why not */
  async checkpoint(): Promise<void> {
    this.signal.throwIfAborted();
    if (this.#draining) throw new ShutdownError();
    await Promise.race([this.#logging.batcher.confirm(this.task.id), this.#aborted]);
    this.signal.throwIfAborted();
  }

  addUsage(usage: TokenUsage): void {
    this.#usage = {
      inputTokens: this.#usage.inputTokens + usage.inputTokens,
      outputTokens: this.#usage.outputTokens + usage.outputTokens,
    };
  }

  /** Stops the run at once: the call in flight is aborted with this reason. The first reason stays. */
  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  cancel(): void {
    this.abort(new RunCancelledError());
  }

  /** Lets the run go on to its next persisted step, and no further. */
  drain(): void {
    this.#draining = true;
  }

  limitTo(seconds: number): void {
    this.#watches.push(this.#logging.clock.after(seconds * 1_000, () => this.abort(new RunTimeoutError(seconds))));
  }

  /** Takes the run off the batch. @returns what it told and what was not sent */
  async close(): Promise<{ events: NewTaskEvent[]; inputTokens: number; outputTokens: number }> {
    for (const stop of this.#watches) stop();
    return { events: await this.#logging.batcher.close(this.task.id), ...this.#usage };
  }

  #answered(answer: BatchAnswer, sentAt: number): void {
    if (answer === 'cancel') this.cancel();
    else if (answer === 'ok') this.#watchLease(sentAt);
    else this.abort(new RunOvertakenError());
  }

  #watchLease(confirmedAt: number): void {
    const { clock, settings } = this.#logging;
    const limit = settings.leaseMs * unconfirmedLimit;
    this.#watches.shift()?.();
    const stop = clock.after(confirmedAt + limit - clock.now(), () => this.abort(new LeaseUnconfirmedError(limit)));
    this.#watches.unshift(stop);
  }
}

/** Rejects when the signal is aborted. Nobody may be waiting then, which is no fault. */
function rejectionOf(signal: AbortSignal): Promise<never> {
  const rejection = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  rejection.catch(() => undefined);
  return rejection;
}

/**
 * Puts a run on record. A direct task is created and claimed here; a task of a lane was claimed by the worker.
 * @throws the repository's errors; RunOvertakenError when the new task was cancelled before it could be claimed
 */
export async function logTaskStart(logging: TaskLogging, start: TaskStart): Promise<TaskLog> {
  if ('claimed' in start) return new TaskLog(logging, start.claimed);
  const { operation, storyId, payload, workerId } = start;
  const { task } = await logging.repository.createTask({ operation, storyId, payload, dispatch: 'direct' });
  const claim = await logging.repository.claimTask({
    taskId: task.id,
    claimToken: randomUUID(),
    workerId,
    leaseMs: logging.settings.leaseMs,
    resumable: operations[operation].resumable,
  });
  if (claim.outcome === 'refused') throw new RunOvertakenError();
  return new TaskLog(logging, claim.task);
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
 * Writes the end of a run, with the events that were not sent yet. An aborted run ends as its signal's reason says:
 * cancelled, released for a shutdown, or not at all when it was overtaken.
 * @throws StoreUnavailableError when the store is away for longer than the lease: the row is then somebody else's to mend
 */
export async function logTaskCompletion(logging: TaskLogging, log: TaskLog, end: RunEnd): Promise<Completion> {
  const told = await log.close();
  // One event id for all tries: a try whose answer got lost is answered as it was the first time (R7).
  const fence = { taskId: log.task.id, attempt: log.task.attempt, eventId: randomUUID(), ...told };
  const deadline = logging.clock.now() + logging.settings.leaseMs;
  for (;;) {
    try {
      return await writeEnd(logging.repository, fence, end);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || logging.clock.now() > deadline) throw error;
      await new Promise<void>((resolve) => logging.clock.after(logging.settings.retryMs, resolve));
    }
  }
}

type Fence = Omit<Release, 'message'>;

function writeEnd(repository: StoryTasksRepository, fence: Fence, end: RunEnd): Promise<Completion> {
  if (end.status === 'succeeded') {
    const { bundlePath } = end.result;
    const payload = typeof bundlePath === 'string' ? { bundlePath } : undefined;
    return repository.finishTask({ ...fence, status: 'succeeded', message: 'Succeeded', payload, result: end.result });
  }
  const { error } = end;
  if (error instanceof RunOvertakenError || error instanceof StaleAttemptError) {
    return overtaken(repository, fence.taskId);
  }
  if (error instanceof ShutdownError || error instanceof LeaseUnconfirmedError) {
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
    retryAfterMs: kind === 'retryable' ? retryAfterMs : undefined,
  };
}
