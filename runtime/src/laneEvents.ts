/** What happened to the jobs of a lane, as BullMQ tells it: a stream in Redis that keeps about the last ten thousand. */
import { laneName, type Operation } from '@story-tasks/contracts';
import { QueueKeys } from 'bullmq';
import type { Redis } from 'ioredis';

/** One entry of the stream. Its id begins with the time at which Redis took it, by Redis' clock. */
export interface LaneEvent {
  readonly id: string;
  /** BullMQ's: `event` is its name. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A stream at one moment. */
export interface LaneEventsPage {
  /** From the wanted id on, that one included when it is still there. Oldest first. */
  readonly entries: readonly LaneEvent[];
  /** Of the whole stream; null when it is empty or gone. */
  readonly firstId: string | null;
  readonly lastId: string | null;
  /** True when entries were removed from it since it was made, or that cannot be told. */
  readonly trimmed: boolean;
  /** Redis' clock, in milliseconds since the epoch. */
  readonly now: number;
}

/**
 * What BullMQ keeps when nobody sets another figure; one of ours would be gone after a FLUSHALL. It trims by whole blocks,
 * so never below.
 */
const keptEvents = 10_000;

export type LaneEvents = ReturnType<typeof createLaneEvents>;

/** Every method rejects when Redis does not answer. @param redis of the use `prompt` */
export function createLaneEvents(redis: Redis) {
  const keyOf = (operation: Operation) => new QueueKeys().toKey(laneName(operation), 'events');
  return {
    /** @param fromId null: from the beginning */
    async read(operation: Operation, fromId: string | null, limit: number): Promise<LaneEventsPage> {
      const key = keyOf(operation);
      // In one step: a stream that is flushed between two looks would seem to be whole.
      const answers = await redis
        .multi()
        .xrange(key, fromId ?? '-', '+', 'COUNT', limit)
        .xrange(key, '-', '+', 'COUNT', 1)
        .xrevrange(key, '+', '-', 'COUNT', 1)
        .xinfo('STREAM', key)
        .time()
        .exec();
      if (answers === null) throw new Error('Redis gave up the transaction.');
      const [range, first, last, info, time] = answers;
      const firstId = entriesIn(first)[0]?.[0] ?? null;
      return {
        entries: entriesIn(range).map(eventOf),
        firstId,
        lastId: entriesIn(last)[0]?.[0] ?? null,
        // Of a stream that is not there Redis tells nothing but an error.
        trimmed: firstId !== null && wasTrimmed(answerIn(info) as unknown[]),
        now: millisecondsOf(answerIn(time)),
      };
    },

    /** Puts an entry of our own into an empty stream, so that what comes after it can be known to be whole. */
    async anchor(operation: Operation): Promise<void> {
      await redis.xadd(keyOf(operation), '*', 'event', 'forwarder');
    },
  };
}

type Answer = readonly [error: Error | null, result: unknown] | undefined;
type Entry = readonly [id: string, fields: readonly string[]];

function answerIn(answer: Answer): unknown {
  const [error, result] = answer ?? [new Error('Redis left out an answer.'), null];
  if (error !== null) throw error;
  return result;
}

const entriesIn = (answer: Answer) => answerIn(answer) as Entry[];

function eventOf([id, fields]: Entry): LaneEvent {
  return { id, fields: fieldsOf(fields) as Record<string, string> };
}

/** From `[name, value, name, value]`. */
function fieldsOf(flat: readonly unknown[]): Record<string, unknown> {
  const names = flat.filter((_, index) => index % 2 === 0);
  return Object.fromEntries(names.map((name, index) => [String(name), flat[index * 2 + 1]]));
}

/**
 * Redis 7 tells; before, a stream that is shorter than BullMQ's limit was not trimmed by BullMQ.
 * @param info what XINFO STREAM answered
 */
export function wasTrimmed(info: readonly unknown[]): boolean {
  const { length, 'entries-added': added, 'max-deleted-entry-id': deleted } = fieldsOf(info);
  return added === undefined ? Number(length) >= keptEvents : added !== length || deleted !== '0-0';
}

function millisecondsOf(time: unknown): number {
  const [seconds, microseconds] = time as [string, string];
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
}
