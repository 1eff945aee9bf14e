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
import { type ConnectionOptions, type Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';

export class LaneUnavailableError extends CodedError {
  constructor() {
    super('LANE_UNAVAILABLE', 'retryable', 'The task could not be put into its lane: Redis is down, slow or full.');
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
      const added = queueOf(task.operation).add(task.operation, jobDataOf(task), options);
      await within(enqueueTimeoutMs, added).catch(() => {
        throw new LaneUnavailableError();
      });
    },

    /** True when a worker will look at the task's job. A job in any other state is in the way, and is removed. */
    async hasJob(task: Pick<TaskRecord, 'id' | 'operation'>): Promise<boolean> {
      const job: Job<JobData> | undefined = await queueOf(task.operation).getJob(task.id);
      if (!job) return false;
      const state = await job.getState();
      if ((liveStates as readonly string[]).includes(state)) return true;
      await job.remove();
      return false;
    },

    /** Removes the job of a task that will not run. A job that a worker holds stays: its claim will be refused. */
    async remove(task: Pick<TaskRecord, 'id' | 'operation'>): Promise<void> {
      await within(enqueueTimeoutMs, queueOf(task.operation).remove(task.id)).catch(() => undefined);
    },

    async stats(): Promise<Record<string, LaneStats>> {
      const counted = operationNames.map(async (operation) => {
        const counts = await queueOf(operation).getJobCounts(...liveStates);
        const { waiting = 0, prioritized = 0, delayed = 0, active = 0 } = counts;
        return [operation, { waiting, prioritized, delayed, active }] as const;
      });
      return Object.fromEntries(await within(enqueueTimeoutMs, Promise.all(counted)));
    },

    async close(): Promise<void> {
      await Promise.allSettled([...queues.values()].map((queue) => queue.close()));
    },
  };
}

/** BullMQ waits for a connection without a limit of its own. */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  // The work goes on after the limit; its own end, good or bad, interests nobody then.
  work.catch(() => undefined);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
