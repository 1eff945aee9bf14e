/**
 * The events of one task for all its readers in this process: each is read from the store and put into bytes once. The
 * newest are kept in a window; a reader who is further behind has pages of its own, shared with who stands where it does.
 */
import { isTerminal, type TaskEvent, type TaskStatus, taskEventSchema } from '@story-tasks/contracts';

/** Where events come from. */
export interface EventSource {
  getTask(taskId: string): Promise<{ readonly lastSeq: number; readonly status: TaskStatus }>;
  listEventsAfter(taskId: string, after: number, limit: number): Promise<TaskEvent[]>;
}

/** An event as it goes to a reader. */
export interface FeedEntry {
  readonly seq: number;
  readonly bytes: Buffer;
  /** True of the terminal event, after which nothing is told. */
  readonly last: boolean;
}

export interface FeedSettings {
  /** How often the store is looked at when no hint comes, in milliseconds; a quarter more or less, by chance. */
  readonly pollMs: number;
  /** Events, and bytes of them, that the window keeps. */
  readonly windowEvents: number;
  readonly windowBytes: number;
  /** Events of one page for a reader behind the window. */
  readonly pageEvents: number;
}

export const defaultFeedSettings: FeedSettings = {
  pollMs: 3_000,
  windowEvents: 500,
  windowBytes: 1_000_000,
  pageEvents: 100,
};

export class EventFeed {
  readonly #source: EventSource;
  readonly #taskId: string;
  readonly #settings: FeedSettings;
  readonly #listeners = new Set<() => void>();
  /** Pages under way, by the number that they come after. */
  readonly #pages = new Map<number, Promise<FeedEntry[]>>();
  #window: FeedEntry[] = [];
  /** Events up to this number are not in the window. */
  #base = 0;
  /** The highest number that was read. */
  #head = 0;
  #endSeq: number | undefined;
  #reading = false;
  /** Something was told that the read under way may have missed. */
  #behind = false;
  #poll: NodeJS.Timeout | undefined;

  constructor(source: EventSource, taskId: string, settings: FeedSettings) {
    this.#source = source;
    this.#taskId = taskId;
    this.#settings = settings;
  }

  /** Reads the task and its newest events. @throws TaskNotFoundError, StoreUnavailableError */
  async open(): Promise<this> {
    this.#reading = true;
    try {
      const { lastSeq, status } = await this.#source.getTask(this.#taskId);
      this.#base = this.#head = Math.max(0, lastSeq - this.#settings.windowEvents);
      await this.#readOn();
      // The terminal event is out of sight when a direct task was told of very much after its end.
      if (isTerminal(status)) this.#endSeq ??= lastSeq;
    } finally {
      this.#reading = false;
    }
    if (this.#behind) this.wake();
    this.#schedulePoll();
    return this;
  }

  close(): void {
    clearTimeout(this.#poll);
  }

  /** True when nothing will ever come after this number. */
  isOver(after: number): boolean {
    return this.#endSeq !== undefined && after >= this.#endSeq;
  }

  /** Entries after a number, oldest first, as far as they are known; not always all of them. */
  entriesAfter(after: number): FeedEntry[] | Promise<FeedEntry[]> {
    if (after < this.#base) return this.#page(after);
    // From the end, where nearly every reader stands.
    return this.#window.slice(this.#window.findLastIndex(({ seq }) => seq <= after) + 1);
  }

  /** @returns what takes the listener back */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks at the store, unless it is known up to this number. */
  wake(seq = Number.POSITIVE_INFINITY): void {
    if (seq <= this.#head || this.isOver(this.#head)) return;
    this.#behind = true;
    if (!this.#reading) void this.#readWhileBehind();
  }

  async #readWhileBehind(): Promise<void> {
    this.#reading = true;
    try {
      while (this.#behind) await this.#readOn();
    } catch {
      // The store is away; the next poll asks again, and readers go on waiting.
    } finally {
      this.#reading = false;
    }
  }

  async #readOn(): Promise<void> {
    this.#behind = false;
    const { windowEvents } = this.#settings;
    const events = await this.#source.listEventsAfter(this.#taskId, this.#head, windowEvents);
    if (events.length === windowEvents) this.#behind = true;
    if (events.length > 0) this.#keep(events.map(entryOf));
  }

  #keep(entries: readonly FeedEntry[]): void {
    this.#window.push(...entries);
    this.#head = entries.at(-1)?.seq ?? this.#head;
    this.#endSeq ??= entries.find(({ last }) => last)?.seq;
    this.#trim();
    for (const listener of this.#listeners) listener();
  }

  #trim(): void {
    const { windowEvents, windowBytes } = this.#settings;
    const kept = newestWithin(this.#window.slice(-windowEvents), windowBytes);
    const dropped = this.#window.length - kept.length;
    if (dropped === 0) return;
    this.#base = this.#window[dropped - 1]?.seq ?? this.#base;
    this.#window = kept;
  }

  #page(after: number): Promise<FeedEntry[]> {
    const underWay = this.#pages.get(after);
    if (underWay) return underWay;
    const page = this.#source
      .listEventsAfter(this.#taskId, after, this.#settings.pageEvents)
      .then((events) => oldestWithin(events.map(entryOf), this.#settings.windowBytes))
      .finally(() => this.#pages.delete(after));
    this.#pages.set(after, page);
    return page;
  }

  #schedulePoll(): void {
    if (this.isOver(this.#head)) return;
    const poll = () => {
      this.wake();
      this.#schedulePoll();
    };
    this.#poll = setTimeout(poll, this.#settings.pollMs * (0.75 + Math.random() / 2)).unref();
  }
}

function entryOf(event: TaskEvent): FeedEntry {
  const data = JSON.stringify(taskEventSchema.parse(event));
  const last = event.status !== null && isTerminal(event.status);
  return { seq: event.seq, bytes: Buffer.from(`id: ${event.seq}\ndata: ${data}\n\n`), last };
}

/** As many as fit, and one in any case. */
function oldestWithin(entries: readonly FeedEntry[], limit: number): FeedEntry[] {
  let size = 0;
  const tooMuch = entries.findIndex(({ bytes }, index) => {
    size += bytes.length;
    return size > limit && index > 0;
  });
  return tooMuch === -1 ? [...entries] : entries.slice(0, tooMuch);
}

function newestWithin(entries: readonly FeedEntry[], limit: number): FeedEntry[] {
  return oldestWithin(entries.toReversed(), limit).reverse();
}
