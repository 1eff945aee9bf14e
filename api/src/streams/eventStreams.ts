/** All event streams of this process: one feed for each task that somebody reads, one reader for each client. */
import type { TaskEventsHint } from '@story-tasks/contracts';
import { defaultFeedSettings, EventFeed, type EventSource, type FeedSettings } from './eventFeed.ts';
import { defaultReaderSettings, EventReader, type EventSink, type ReaderSettings } from './eventReader.ts';

interface SharedFeed {
  readonly feed: EventFeed;
  readonly opened: Promise<EventFeed>;
  readers: number;
}

export class EventStreams {
  readonly #source: EventSource;
  readonly #settings: FeedSettings & ReaderSettings;
  readonly #feeds = new Map<string, SharedFeed>();
  readonly #readers = new Set<EventReader>();
  #closed = false;

  constructor(source: EventSource, settings: Partial<FeedSettings & ReaderSettings> = {}) {
    this.#source = source;
    this.#settings = { ...defaultFeedSettings, ...defaultReaderSettings, ...settings };
  }

  /** Somebody wrote events of a task. Costs nothing when nobody here reads it, or when they are known. */
  hint({ taskId, seq }: TaskEventsHint): void {
    this.#feeds.get(taskId.toLowerCase())?.feed.wake(seq);
  }

  /**
   * Opens a stream of a task's events after a number.
   * @returns what writes it to a response; null when nothing will ever come after that number
   * @throws TaskNotFoundError, StoreUnavailableError
   */
  async open(taskId: string, after: number): Promise<((sink: EventSink) => void) | null> {
    const key = taskId.toLowerCase();
    const shared = this.#join(key);
    try {
      const feed = await shared.opened;
      if (!feed.isOver(after))
        return (sink) => void this.#serve(key, new EventReader(sink, feed, after, this.#settings));
    } catch (error) {
      this.#leave(key);
      throw error;
    }
    this.#leave(key);
    return null;
  }

  /** Ends all streams. Their clients come back, to another process, with the number of their last event. */
  close(): void {
    this.#closed = true;
    for (const reader of this.#readers) reader.stop();
  }

  async #serve(key: string, reader: EventReader): Promise<void> {
    this.#readers.add(reader);
    // On a connection that was kept alive a request may come after the others were ended.
    if (this.#closed) reader.stop();
    await reader.run();
    this.#readers.delete(reader);
    this.#leave(key);
  }

  #join(key: string): SharedFeed {
    const known = this.#feeds.get(key);
    const shared = known ?? this.#openFeed(key);
    shared.readers += 1;
    return shared;
  }

  #openFeed(key: string): SharedFeed {
    const feed = new EventFeed(this.#source, key, this.#settings);
    const shared = { feed, opened: feed.open(), readers: 0 };
    this.#feeds.set(key, shared);
    return shared;
  }

  #leave(key: string): void {
    const shared = this.#feeds.get(key);
    if (!shared) return;
    shared.readers -= 1;
    if (shared.readers > 0) return;
    shared.feed.close();
    this.#feeds.delete(key);
  }
}
