/** How full the lanes are: one reading for the gauges, and for whoever decides by it. */
import { type Operation, operationNames } from '@story-tasks/contracts';
import type { Redis } from 'ioredis';

export interface LaneReading {
  /** Nothing of the lane is taken. */
  readonly isPaused: boolean;
  /** Each job counts in one state. */
  readonly jobs: {
    readonly waiting: number;
    readonly prioritized: number;
    /** Their time has come; BullMQ moves them on when a worker next looks. */
    readonly delayed_due: number;
    readonly delayed_later: number;
    readonly active: number;
    /** Of a paused lane: those that would be waiting or prioritized. */
    readonly paused: number;
  };
  /** Of the job that is next: see `story_tasks_queue_oldest_waiting_seconds`. 0 when none waits. */
  readonly oldestWaitingMs: number;
}

/**
 * One lane as it stands at one moment, by Redis' own clock. Reads counts and the ends of lists, never a list. The score of a
 * delayed job is its time in milliseconds, times 4096, plus its place within the millisecond.
 *
 * A job in the list waits since it was added; one that came back from a run since that run began, which is the latest
 * that BullMQ notes of it.
 */
const script = `
local prefix = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local delayed = prefix .. 'delayed'
local function since(id)
  if not id then return now end
  local job = redis.call('HMGET', prefix .. id, 'timestamp', 'processedOn')
  return math.max(tonumber(job[1]) or now, tonumber(job[2]) or 0)
end
local due = redis.call('ZCOUNT', delayed, '-inf', (now + 1) * 4096 - 1)
local first = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
local oldest = math.min(
  since(redis.call('LINDEX', prefix .. 'wait', -1)),
  since(redis.call('ZRANGE', prefix .. 'prioritized', 0, 0)[1]),
  first[2] and math.floor(first[2] / 4096) or now)
return {
  redis.call('HEXISTS', prefix .. 'meta', 'paused'),
  redis.call('LLEN', prefix .. 'wait'),
  redis.call('ZCARD', prefix .. 'prioritized'),
  due,
  redis.call('ZCARD', delayed) - due,
  redis.call('LLEN', prefix .. 'active'),
  math.max(0, now - oldest)
}`;

/**
 * All lanes in one round trip.
 * @param prefixOf a lane's keys
 * @throws what Redis or the connection throws; then there is no reading of any lane
 */
export async function readLanes(
  redis: Redis,
  prefixOf: (operation: Operation) => string,
): Promise<Map<Operation, LaneReading>> {
  const lanes = redis.pipeline();
  for (const operation of operationNames) lanes.eval(script, 1, prefixOf(operation));
  const replies = (await lanes.exec()) ?? [];
  return new Map(operationNames.map((operation, lane) => [operation, readingOf(replies[lane])]));
}

function readingOf(
  [error, figures]: [error: Error | null, figures: unknown] = [new Error('no reply'), null],
): LaneReading {
  if (error) throw error;
  const [paused = 0, wait = 0, ready = 0, due = 0, later = 0, active = 0, oldestWaitingMs = 0] = figures as number[];
  const isPaused = paused === 1;
  const [waiting, prioritized] = isPaused ? [0, 0] : [wait, ready];
  const jobs = {
    waiting,
    prioritized,
    delayed_due: due,
    delayed_later: later,
    active,
    paused: isPaused ? wait + ready : 0,
  };
  return { isPaused, jobs, oldestWaitingMs };
}
