/** How each lane stands, from listings alone. What is looked at is bounded, so that a long queue costs no more to watch. */
import { type Operation, operationNames, type Task, type TaskStatus } from '@story-tasks/contracts';
import type { StoryTasksClient } from '../client.ts';

/** `more`: there are at least so many. */
export interface Count {
  readonly count: number;
  readonly more: boolean;
}

export interface Lane {
  readonly operation: Operation;
  /** Waiting for a worker. */
  readonly queued: Count;
  /** Waiting for somebody to start them. */
  readonly held: Count;
  readonly running: Count;
  /** Ended within the window. */
  readonly succeeded: Count;
  readonly failed: Count;
  readonly cancelled: Count;
  /** How long the oldest of the queued waits, in milliseconds; null when none does. */
  readonly oldestMs: number | null;
}

export interface LaneQuery {
  /** How far back tasks that ended are counted, in milliseconds. */
  readonly windowMs: number;
  readonly now: number;
  readonly signal: AbortSignal;
}

/** Tasks of one status of one lane that are looked at: five pages of those that wait, one of the others. */
const depths: Readonly<Record<TaskStatus, number>> = {
  queued: 500,
  running: 100,
  succeeded: 100,
  failed: 100,
  cancelled: 100,
};

export function readLanes(client: StoryTasksClient, query: LaneQuery): Promise<Lane[]> {
  return Promise.all(operationNames.map((operation) => readLane(client, operation, query)));
}

async function readLane(client: StoryTasksClient, operation: Operation, query: LaneQuery): Promise<Lane> {
  const { now, windowMs, signal } = query;
  const read = (status: TaskStatus) => newest(client, { operation, status }, signal);
  const [queued, running] = await Promise.all([read('queued'), read('running')]);
  const [succeeded, failed, cancelled] = await Promise.all([read('succeeded'), read('failed'), read('cancelled')]);
  const since = now - windowMs;
  const waiting = queued.tasks.filter(({ held }) => !held);
  return {
    operation,
    queued: { count: waiting.length, more: queued.more },
    held: { count: queued.tasks.length - waiting.length, more: queued.more },
    running: { count: running.tasks.length, more: running.more },
    succeeded: endedSince(succeeded, since),
    failed: endedSince(failed, since),
    cancelled: endedSince(cancelled, since),
    oldestMs: waiting.length === 0 ? null : Math.max(0, now - Math.min(...waiting.map(waitsSince))),
  };
}

interface Newest {
  readonly tasks: readonly Task[];
  readonly more: boolean;
}

async function newest(
  client: StoryTasksClient,
  filters: { readonly operation: Operation; readonly status: TaskStatus },
  signal: AbortSignal,
): Promise<Newest> {
  const [tasks, depth] = [[] as Task[], depths[filters.status]];
  let cursor: string | undefined;
  do {
    const page = await client.list({ ...filters, limit: 100, ...(cursor === undefined ? {} : { cursor }) }, { signal });
    tasks.push(...page.tasks);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && tasks.length < depth);
  return { tasks, more: cursor !== undefined };
}

/** Listings go by creation: when all that were looked at were created within the window, there may be more. */
function endedSince({ tasks, more }: Newest, since: number): Count {
  const count = tasks.filter(({ finishedAt }) => Date.parse(finishedAt ?? '') >= since).length;
  return { count, more: more && tasks.every(({ createdAt }) => Date.parse(createdAt) >= since) };
}

/** Nothing changes a queued row but what queued it: its creation, its start, a retry. */
function waitsSince({ updatedAt }: Task): number {
  return Date.parse(updatedAt);
}
