/** One run while it is on record: what it tells, and why it must stop. */
import type { NewTaskEvent, TaskRecord } from '@story-tasks/contracts';
import type { BatchAnswer } from '@story-tasks/supabase';
import type { TokenUsage } from '../llm/gateway.ts';
import type { ReportedEvent } from '../runContext.ts';
import {
  LeaseUnconfirmedError,
  RunCancelledError,
  RunOvertakenError,
  RunTimeoutError,
  ShutdownError,
} from './errors.ts';
import type { BatchedRun } from './eventBatcher.ts';
import type { TaskLogging } from './taskLogging.ts';

/** A run stops itself this long after the last confirmed extension: well before a lease of 15 s can run out. */
const unconfirmedLimit = 2 / 3;

export class TaskLog {
  readonly task: TaskRecord;
  readonly #logging: TaskLogging;
  readonly #run: BatchedRun;
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
    this.#run = {
      taskId: task.id,
      attempt: task.attempt,
      usage: () => this.#usage,
      answered: (answer, sentAt) => this.#answered(answer, sentAt),
    };
    this.#watchLease(logging.clock.now());
    logging.batcher.open(this.#run);
  }

  /** Aborted when the run must stop; its reason says why. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get usage(): TokenUsage {
    return this.#usage;
  }

  report(event: ReportedEvent): void {
    const progressOverride = this.#raised(event.progress);
    const told: NewTaskEvent = {
      id: this.#logging.chance.uuid(),
      eventType: event.eventType ?? (progressOverride === undefined ? 'info' : 'progress'),
      message: storable(event.message),
      payload: event.payload,
      progressOverride,
      persisted: event.persisted,
    };
    this.#logging.batcher.add(this.#run, told);
  }

  /** Sends what waits and asks whether to go on. @throws the reason why not */
  async checkpoint(): Promise<void> {
    this.#throwIfEnding();
    await Promise.race([this.#logging.batcher.confirm(this.#run), this.#aborted]);
    // A shutdown that began meanwhile must not find the run in a new call.
    this.#throwIfEnding();
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
    const events = await this.#logging.batcher.close(this.#run);
    // Only now: the answer to a batch under way sets a new watch, which would keep the process from ending.
    for (const stop of this.#watches) stop();
    return { events, ...this.#usage };
  }

  #throwIfEnding(): void {
    this.signal.throwIfAborted();
    if (this.#draining) throw new ShutdownError();
  }

  /** The whole percentage that an event may tell: never less than one before it. */
  #raised(progress: number | undefined): number | undefined {
    if (progress === undefined) return undefined;
    this.#progress = Math.max(this.#progress, Math.min(100, Math.trunc(progress)) || 0);
    return this.#progress;
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

/** Characters of one message; the repository's own limit. */
const maxMessage = 2_000;

/** One event that the store refuses would hold up its whole batch: Postgres takes no NUL and no half of a pair. */
function storable(message: string): string {
  return message.replaceAll('\u0000', '').slice(0, maxMessage).toWellFormed() || '…';
}

/** Rejects when the signal is aborted. Nobody may be waiting then, which is no fault. */
function rejectionOf(signal: AbortSignal): Promise<never> {
  const rejection = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  rejection.catch(() => undefined);
  return rejection;
}
