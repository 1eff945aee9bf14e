/**
 * One batch for all runs of a process (rule R6): their events, tokens and heartbeats go out in one call, and its answer
 * tells each run whether it may go on. Events keep their ids, so a batch whose answer got lost is simply sent again.
 */
import type { NewTaskEvent } from '@story-tasks/contracts';
import type { BatchAnswer, BatchEntry } from '@story-tasks/supabase';
import type { Clock } from './clock.ts';

export interface BatcherSettings {
  readonly leaseMs: number;
  /** How often a run's lease is extended when it has nothing to tell. */
  readonly heartbeatMs: number;
  /** How long an event waits for company. */
  readonly gatherMs: number;
  /** How long after a batch that failed the next is tried. */
  readonly retryMs: number;
}

/** DESIGN's durations: a lease of 15 s, extended every 4 s. */
export const defaultBatcherSettings: BatcherSettings = {
  leaseMs: 15_000,
  heartbeatMs: 4_000,
  gatherMs: 200,
  retryMs: 500,
};

/** One run as the batcher knows it. */
export interface BatchedRun {
  readonly taskId: string;
  readonly attempt: number;
  usage(): { inputTokens: number; outputTokens: number };
  /** Told the answer, and the clock's reading when the confirmed batch was sent. */
  answered(answer: BatchAnswer, sentAt: number): void;
}

interface Entry {
  readonly run: BatchedRun;
  pending: NewTaskEvent[];
  waiting: ((answer: BatchAnswer) => void)[];
  nextHeartbeat: number;
}

/** Events of one run in one call; a run that tells more has the rest sent in the next. */
const maxEventsPerRun = 200;

export class EventBatcher {
  readonly #append: (entries: readonly BatchEntry[]) => Promise<Record<string, BatchAnswer>>;
  readonly #settings: BatcherSettings;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  #flight: Promise<void> | undefined;
  #alarm: { due: number; stop: () => void } | undefined;

  constructor(
    append: (entries: readonly BatchEntry[]) => Promise<Record<string, BatchAnswer>>,
    clock: Clock,
    settings: BatcherSettings = defaultBatcherSettings,
  ) {
    this.#append = append;
    this.#clock = clock;
    this.#settings = settings;
  }

  open(run: BatchedRun): void {
    const nextHeartbeat = this.#clock.now() + this.#settings.heartbeatMs;
    this.#entries.set(run.taskId, { run, pending: [], waiting: [], nextHeartbeat });
    this.#wakeWithin(this.#settings.heartbeatMs);
  }

  /** Takes the run out, and answers the events that were not sent. Waits for a batch that is under way. */
  async close(taskId: string): Promise<NewTaskEvent[]> {
    const entry = this.#entries.get(taskId);
    if (!entry) return [];
    // Out first, so that a batch that starts meanwhile leaves its events to the caller.
    this.#entries.delete(taskId);
    await this.#flight;
    if (this.#entries.size === 0) this.#silence();
    return entry.pending;
  }

  add(taskId: string, event: NewTaskEvent): void {
    this.#entries.get(taskId)?.pending.push(event);
    this.#wakeWithin(this.#settings.gatherMs);
  }

  /** Sends what waits, and answers what the store says of this run; repeats itself until the store answers. */
  confirm(taskId: string): Promise<BatchAnswer> {
    const entry = this.#entries.get(taskId);
    if (!entry) return Promise.resolve('stale');
    const answer = new Promise<BatchAnswer>((resolve) => entry.waiting.push(resolve));
    this.#wakeWithin(0);
    return answer;
  }

  #wakeWithin(milliseconds: number): void {
    const due = this.#clock.now() + milliseconds;
    if (this.#flight || (this.#alarm && this.#alarm.due <= due)) return;
    this.#silence();
    const stop = this.#clock.after(milliseconds, () => {
      this.#alarm = undefined;
      this.#flight = this.#flush();
    });
    this.#alarm = { due, stop };
  }

  #silence(): void {
    this.#alarm?.stop();
    this.#alarm = undefined;
  }

  async #flush(): Promise<void> {
    const sentAt = this.#clock.now();
    const batch = [...this.#entries.values()]
      .filter((entry) => entry.pending.length > 0 || entry.waiting.length > 0 || entry.nextHeartbeat <= sentAt)
      .map((entry) => ({ entry, events: entry.pending.slice(0, maxEventsPerRun), waiting: entry.waiting.splice(0) }));
    const sent = await this.#send(batch, sentAt);
    this.#flight = undefined;
    if (this.#entries.size > 0) this.#wakeWithin(this.#nextWait(sent));
  }

  async #send(
    batch: { entry: Entry; events: NewTaskEvent[]; waiting: Entry['waiting'] }[],
    sentAt: number,
  ): Promise<boolean> {
    if (batch.length === 0) return true;
    try {
      const answers = await this.#append(batch.map(({ entry, events }) => this.#entryOf(entry.run, events)));
      for (const { entry, events, waiting } of batch) {
        entry.pending.splice(0, events.length);
        entry.nextHeartbeat = sentAt + this.#settings.heartbeatMs;
        const answer = answers[entry.run.taskId] ?? 'stale';
        entry.run.answered(answer, sentAt);
        for (const resolve of waiting) resolve(answer);
      }
      return true;
    } catch {
      // The store is down or slow: everything is kept and tried again, until the run's own watch on its lease ends it.
      for (const { entry, waiting } of batch) entry.waiting.unshift(...waiting);
      return false;
    }
  }

  #entryOf(run: BatchedRun, events: readonly NewTaskEvent[]): BatchEntry {
    return { taskId: run.taskId, attempt: run.attempt, leaseMs: this.#settings.leaseMs, events, ...run.usage() };
  }

  #nextWait(sent: boolean): number {
    if (!sent) return this.#settings.retryMs;
    const entries = [...this.#entries.values()];
    if (entries.some((entry) => entry.waiting.length > 0)) return 0;
    if (entries.some((entry) => entry.pending.length > 0)) return this.#settings.gatherMs;
    const next = Math.min(...entries.map((entry) => entry.nextHeartbeat));
    return Math.max(0, next - this.#clock.now());
  }
}
