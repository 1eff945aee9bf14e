/** The lanes: one BullMQ queue per operation. A job's id is its task's id. */
import {
  CodedError,
  type JobData,
  jobDataOf,
  laneName,
  type Operation,
  operationNames,
  type TaskRecord,
} from '@story-tasks/contracts';
import { type ConnectionOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { type LaneReading, readLanes } from './laneReadings.ts';
import { carriedSpan, inSpan } from './tracing/spans.ts';
import { within } from './within.ts';

export class LaneUnavailableError extends CodedError {
  constructor() {
    super('LANE_UNAVAILABLE', 'retryable', 'The lane did not take the call: Redis is down, slow or full.');
  }
}

export interface LaneStats {
  readonly waiting: number;
  readonly prioritized: number;
  readonly delayed: number;
  readonly active: number;
}

/** States in which a job will still be looked at by a worker. */
const liveStates = ['waiting', 'prioritized', 'delayed', 'active'] as const;

/** The row decides about retries, so a job is tried once and leaves nothing behind: its id must be free again. */
const jobOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true };

const enqueueTimeoutMs = 3_000;
const connectLimitMs = 1_000;

const producerSpan = ({ id, operation }: TaskRecord) =>
  ({
    name: `enqueue ${operation}`,
    kind: 'producer',
    attributes: {
      'messaging.system': 'bullmq',
      'messaging.operation.type': 'send',
      'messaging.destination.name': laneName(operation),
      'story_tasks.task_id': id,
      'story_tasks.operation': operation,
    },
  }) as const;

export type Lanes = ReturnType<typeof createLanes>;

/** @param redis of the use `prompt` */
export function createLanes(redis: Redis) {
  const connection = redis as unknown as ConnectionOptions;
  const queues = new Map<Operation, Queue<JobData>>();
  for (const operation of operationNames) {
    const queue = new Queue<JobData>(laneName(operation), { connection, skipVersionCheck: true });
    // The connection tells of its own trouble; without a listener it would end the process.
    queue.on('error', () => undefined);
    queues.set(operation, queue);
  }
  const queueOf = (operation: Operation): Queue<JobData> => {
    const queue = queues.get(operation);
    if (!queue) throw new Error(`There is no lane for ${operation}.`);
    return queue;
  };

  return {
    /**
     * Adds the task's job, unless it has one. Delayed until the task may be claimed.
     * @param delayMs from now
     * @throws LaneUnavailableError within three seconds
     */
    async enqueue(task: TaskRecord, delayMs = 0): Promise<void> {
      const options = { ...jobOptions, jobId: task.id, delay: Math.max(0, Math.ceil(delayMs)) };
      await inSpan(producerSpan(task), () => {
        const carried = carriedSpan();
        // With the job's options, not its data: the data is rebuilt from the row alone.
        const telemetry = carried === undefined ? {} : { telemetry: { metadata: carried } };
        const queue = queueOf(task.operation);
        return answered(queue.add(task.operation, jobDataOf(task), { ...options, ...telemetry }));
      });
    },

    /**
     * Adds the task's job anew, whatever became of an earlier one: adding an id that exists in any state does nothing, so
     * what is there is removed first.
     * @param delayMs from now
     * @returns false when a worker holds the job under a live lock; then nothing was done
     * @throws LaneUnavailableError
     */
    async requeue(task: TaskRecord, delayMs = 0): Promise<boolean> {
      if (!(await this.discard(task.operation, task.id))) return false;
      await this.enqueue(task, delayMs);
      return true;
    },

    /**
     * True when a worker will look at the task's job: it waits, or a worker holds it under a live lock.
     * @throws LaneUnavailableError
     */
    async hasJob({ id, operation }: Pick<TaskRecord, 'id' | 'operation'>): Promise<boolean> {
      const queue = queueOf(operation);
      const state = await answered(queue.getJobState(id));
      if (state === 'active') return (await answered(redis.exists(queue.toKey(`${id}:lock`)))) === 1;
      return (liveStates as readonly string[]).includes(state);
    },

    /**
     * A page of the ids of a lane's jobs, from each of its states the same stretch.
     * @returns at most `limit` ids of each state; none when all states end before `start`
     * @throws LaneUnavailableError
     */
    listJobIds: (operation: Operation, start: number, limit: number): Promise<string[]> =>
      answered(queueOf(operation).getRanges([...liveStates], start, start + limit - 1)),

    /**
     * Removes a job unless a worker holds it.
     * @returns false when one does
     * @throws LaneUnavailableError
     */
    discard: async (operation: Operation, jobId: string): Promise<boolean> =>
      (await answered(queueOf(operation).remove(jobId))) === 1,

    /**
     * Asks whether Redis answers at all, and at the start waits for it a moment. For whoever has much to ask: each
     * question alone would wait longer.
     * @throws LaneUnavailableError within a second
     */
    async ready(): Promise<void> {
      const connected = Promise.all([...queues.values()].map((queue) => queue.waitUntilReady()));
      await answered(
        connected.then(() => redis.ping()),
        connectLimitMs,
      );
    },

    /** Removes the job of a task that will not run. A job that a worker holds stays: its claim will be refused. */
    async remove(task: Pick<TaskRecord, 'id' | 'operation'>): Promise<void> {
      await within(enqueueTimeoutMs, queueOf(task.operation).remove(task.id)).catch(() => undefined);
    },

    /** Rejects when Redis does not answer within the limit, in milliseconds. */
    async stats(limitMs = enqueueTimeoutMs): Promise<Record<string, LaneStats>> {
      const counted = operationNames.map(async (operation) => {
        const counts = await queueOf(operation).getJobCounts(...liveStates);
        const { waiting = 0, prioritized = 0, delayed = 0, active = 0 } = counts;
        return [operation, { waiting, prioritized, delayed, active }] as const;
      });
      return Object.fromEntries(await within(limitMs, Promise.all(counted)));
    },

    /**
     * How full each lane is.
     * @throws LaneUnavailableError within three seconds; then there is no reading of any lane
     */
    readings: (): Promise<Map<Operation, LaneReading>> =>
      answered(readLanes(redis, (operation) => queueOf(operation).toKey(''))),

    async close(): Promise<void> {
      await Promise.allSettled([...queues.values()].map((queue) => queue.close()));
    },
  };
}

/**
 * BullMQ waits for a connection without a limit of its own.
 * @throws LaneUnavailableError when Redis does not answer within the limit, or answers with an error
 */
async function answered<T>(work: Promise<T>, limitMs = enqueueTimeoutMs): Promise<T> {
  return within(limitMs, work).catch(() => {
    throw new LaneUnavailableError();
  });
}
