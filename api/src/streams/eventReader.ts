/** One reader of a task's events: writes as fast as its socket takes them, and no faster. */
import type { Writable } from 'node:stream';
import { streamHeartbeatMs } from '@story-tasks/contracts';
import type { EventFeed, FeedEntry } from './eventFeed.ts';

export interface ReaderSettings {
  /** How often a silent stream says that it lives, in milliseconds. */
  readonly heartbeatMs: number;
  /** A socket that takes nothing for so long is given up. */
  readonly stallMs: number;
}

export const defaultReaderSettings: ReaderSettings = { heartbeatMs: streamHeartbeatMs, stallMs: 30_000 };

/** What of an HTTP response a reader works with. */
export type EventSink = Pick<
  Writable,
  'write' | 'end' | 'destroy' | 'destroyed' | 'writableNeedDrain' | 'writableLength' | 'once' | 'off'
>;

/** Bytes of one write: what waits in this process for a slow socket is no more than this and the socket's own buffer. */
const writeBytes = 64_000;

/** Tells an EventSource how soon to come back, in milliseconds, when the stream breaks off. */
const greeting = 'retry: 2000\n\n';

export class EventReader {
  readonly #sink: EventSink;
  readonly #feed: EventFeed;
  readonly #settings: ReaderSettings;
  #position: number;
  #stopped = false;
  #rung = Promise.withResolvers<void>();

  /** @param after the number of the last event that the client has */
  constructor(sink: EventSink, feed: EventFeed, after: number, settings: ReaderSettings) {
    this.#sink = sink;
    this.#feed = feed;
    this.#position = after;
    this.#settings = settings;
  }

  /** Writes events until the last one, until the client is gone, or until it is stopped. */
  async run(): Promise<void> {
    const ring = () => this.#rung.resolve();
    const unlisten = this.#feed.onChange(ring);
    this.#sink.once('close', ring);
    const heartbeat = setInterval(() => this.#beat(), this.#settings.heartbeatMs);
    try {
      if (!this.#sink.destroyed) this.#sink.write(greeting);
      while (this.#goesOn()) await this.#writeNext();
    } catch {
      // The store is away: the client comes back with the number of its last event.
      this.#sink.destroy();
    } finally {
      clearInterval(heartbeat);
      unlisten();
    }
    await this.#end();
  }

  /** Ends the stream. What a slow socket has not taken is dropped: the client resumes elsewhere. */
  stop(): void {
    this.#stopped = true;
    if (this.#sink.writableLength > 0) this.#sink.destroy();
    this.#rung.resolve();
  }

  #goesOn(): boolean {
    return !this.#stopped && !this.#sink.destroyed && !this.#feed.isOver(this.#position);
  }

  async #writeNext(): Promise<void> {
    const entries = await this.#feed.entriesAfter(this.#position);
    for (const part of partsOf(entries)) {
      if (!this.#goesOn()) return;
      const taken = this.#sink.write(part.bytes);
      this.#position = part.seq;
      if (!taken) await this.#settles('drain');
    }
    if (entries.length > 0) return;
    await this.#rung.promise;
    this.#rung = Promise.withResolvers();
  }

  #beat(): void {
    if (!this.#sink.destroyed && !this.#sink.writableNeedDrain) this.#sink.write(':\n\n');
  }

  async #end(): Promise<void> {
    if (this.#sink.destroyed) return;
    this.#sink.end();
    await this.#settles('close');
  }

  /** Waits until the socket took what it was given, or gives it up. */
  #settles(event: 'drain' | 'close'): Promise<void> {
    if (this.#sink.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const stalled = setTimeout(() => this.#sink.destroy(), this.#settings.stallMs);
      const settle = () => {
        clearTimeout(stalled);
        for (const name of [event, 'close']) this.#sink.off(name, settle);
        resolve();
      };
      for (const name of [event, 'close']) this.#sink.once(name, settle);
    });
  }
}

/** Entries in writes of a bounded size; alone, an entry goes out as the bytes that all readers share. */
function* partsOf(entries: readonly FeedEntry[]): Generator<{ bytes: Buffer; seq: number }> {
  let part: FeedEntry[] = [];
  let size = 0;
  for (const entry of entries) {
    if (part.length > 0 && size + entry.bytes.length > writeBytes) {
      yield joined(part);
      [part, size] = [[], 0];
    }
    part.push(entry);
    size += entry.bytes.length;
    // The terminal event is the end, whatever was told after it.
    if (entry.last) break;
  }
  if (part.length > 0) yield joined(part);
}

function joined(part: readonly FeedEntry[]): { bytes: Buffer; seq: number } {
  const seq = part.at(-1)?.seq ?? 0;
  const [first] = part;
  return { bytes: part.length === 1 && first ? first.bytes : Buffer.concat(part.map(({ bytes }) => bytes)), seq };
}
