/**
 * One batch for all runs of a process (rule R6): their events, tokens and heartbeats go out in one call, and its answer
 * tells each run whether it may go on. Events keep their ids, so a batch whose answer got lost is simply sent again.
 */
import type { Clock, NewTaskEvent } from '@story-tasks/contracts';
import { type BatchAnswer, type BatchEntry, StoreUnavailableError } from '@story-tasks/supabase';

export interface BatcherSettings {
  readonly leaseMs: number;
  /** How often a run's lease is extended when it has nothing to tell. */
  readonly heartbeatMs: number;
  /** How long an event waits for company. */
  readonly gatherMs: number;
  /** How long after a batch that failed the next is tried. */
  readonly retryMs: number;
}

/** A lease of 15 s leaves room for three heartbeats that get lost. */
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

/** What of one run goes out in one call. */
interface Sending {
  readonly entry: Entry;
  readonly events: NewTaskEvent[];
  readonly waiting: Entry['waiting'];
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
  /** After a batch that failed, however much there is to tell: an outage must not become a storm. */
  #notBefore = 0;

  constructor(
    append: (entries: readonly BatchEntry[]) => Promise<Record<string, BatchAnswer>>,
    clock: Clock,
    settings: BatcherSettings = defaultBatcherSettings,
  ) {
    this.#append = append;
    this.#clock = clock;
    this.#settings = settings;
  }

  /**
   * Takes a run in. An earlier run of the same task in this process has been overtaken by it, and is told so: an answer
   * names its task alone, and one batch with both could not tell them apart.
   */
  open(run: BatchedRun): void {
    const earlier = this.#entries.get(run.taskId);
    const nextHeartbeat = this.#clock.now() + this.#settings.heartbeatMs;
    this.#entries.set(run.taskId, { run, pending: [], waiting: [], nextHeartbeat });
    this.#wakeWithin(this.#settings.heartbeatMs);
    earlier?.run.answered('stale', this.#clock.now());
  }

  /** Takes the run out, and answers the events that were not sent. Waits for a batch that is under way. */
  async close(run: BatchedRun): Promise<NewTaskEvent[]> {
    const entry = this.#entryFor(run);
    if (!entry) return [];
    // Out first, so that a batch that starts meanwhile leaves its events to the caller.
    this.#entries.delete(run.taskId);
    await this.#flight;
    if (this.#entries.size === 0) this.#silence();
    return entry.pending;
  }

  add(run: BatchedRun, event: NewTaskEvent): void {
    const entry = this.#entryFor(run);
    if (!entry) return;
    entry.pending.push(event);
    this.#wakeWithin(this.#settings.gatherMs);
  }

  /** Sends what waits, and answers what the store says of this run; repeats itself until the store answers. */
  confirm(run: BatchedRun): Promise<BatchAnswer> {
    const entry = this.#entryFor(run);
    if (!entry) return Promise.resolve('stale');
    const answer = new Promise<BatchAnswer>((resolve) => entry.waiting.push(resolve));
    this.#wakeWithin(0);
    return answer;
  }

  #entryFor(run: BatchedRun): Entry | undefined {
    const entry = this.#entries.get(run.taskId);
    return entry?.run === run ? entry : undefined;
  }

  #wakeWithin(milliseconds: number): void {
    const now = this.#clock.now();
    const due = Math.max(now + milliseconds, this.#notBefore);
    if (this.#flight || (this.#alarm && this.#alarm.due <= due)) return;
    this.#silence();
    const stop = this.#clock.after(due - now, () => {
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
    this.#notBefore = sent ? 0 : this.#clock.now() + this.#settings.retryMs;
    if (this.#entries.size > 0) this.#wakeWithin(this.#nextWait());
  }

  async #send(batch: readonly Sending[], sentAt: number): Promise<boolean> {
    if (batch.length === 0) return true;
    try {
      const answers = await this.#append(batch.map(({ entry, events }) => this.#entryOf(entry.run, events)));
      for (const sending of batch) this.#settle(sending, answers[sending.entry.run.taskId] ?? 'stale', sentAt);
      return true;
    } catch (error) {
      // Refused, not lost: something in it cannot be stored. Whose it is, each alone finds out; the others go on.
      if (batch.length > 1 && !(error instanceof StoreUnavailableError)) return this.#sendEach(batch, sentAt);
      // The store is down or slow: everything is kept and tried again, until the run's own watch on its lease ends it.
      for (const { entry, waiting } of batch) entry.waiting.unshift(...waiting);
      return false;
    }
  }

  async #sendEach(batch: readonly Sending[], sentAt: number): Promise<boolean> {
    let sent = true;
    for (const sending of batch) sent = (await this.#send([sending], sentAt)) && sent;
    return sent;
  }

  #settle({ entry, events, waiting }: Sending, answer: BatchAnswer, sentAt: number): void {
    entry.pending.splice(0, events.length);
    entry.nextHeartbeat = sentAt + this.#settings.heartbeatMs;
    entry.run.answered(answer, sentAt);
    for (const resolve of waiting) resolve(answer);
  }

  #entryOf(run: BatchedRun, events: readonly NewTaskEvent[]): BatchEntry {
    return { taskId: run.taskId, attempt: run.attempt, leaseMs: this.#settings.leaseMs, events, ...run.usage() };
  }

  #nextWait(): number {
    const entries = [...this.#entries.values()];
    if (entries.some((entry) => entry.waiting.length > 0)) return 0;
    if (entries.some((entry) => entry.pending.length > 0)) return this.#settings.gatherMs;
    const next = Math.min(...entries.map((entry) => entry.nextHeartbeat));
    return Math.max(0, next - this.#clock.now());
  }
}
