/**
 * The BullMQ workers of one lane in this process: as many as runs at once, each with one job. (One worker with a
 * concurrency of its own applies a raised figure only when a job ends; a pool can grow at any time.)
 */
import { type JobData, laneName, type Operation } from '@story-tasks/contracts';
import { underCarriedSpan } from '@story-tasks/runtime';
import { type ConnectionOptions, DelayedError, type Job, UnrecoverableError, WaitingError } from 'bullmq';
import type { Redis } from 'ioredis';
import { type LoopObservation, ObservedWorker } from './observedWorker.ts';
import type { JobEnd } from './processJob.ts';

export interface LanePoolOptions {
  readonly operation: Operation;
  readonly concurrency: number;
  /** Of the use `blocking`; each worker makes a blocking connection of its own besides. */
  readonly redis: Redis;
  /** Whether INFO may be asked: without, BullMQ would not start, and takes Redis for an old one. */
  readonly infoAllowed: boolean;
  readonly leaseMs: number;
  readonly process: (job: JobData) => Promise<JobEnd>;
}

export class LanePool {
  readonly #workers: ObservedWorker[];

  constructor(options: LanePoolOptions) {
    this.#workers = Array.from({ length: options.concurrency }, () => startWorker(options));
  }

  observe(): LoopObservation[] {
    return this.#workers.map((worker) => worker.observe());
  }

  /** Takes no more jobs, and waits for those under way. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#workers.map((worker) => worker.close()));
  }
}

/** Of the lease. A heartbeat of 4/15 of the lease leaves at least 11/15 of it when the worker is lost. */
const lockShare = 2 / 3;

function startWorker({ operation, redis, infoAllowed, leaseMs, process }: LanePoolOptions): ObservedWorker {
  const worker = new ObservedWorker(
    laneName(operation),
    async (job, token) => {
      const end = await underCarriedSpan(job.opts.telemetry?.metadata, () => process(job.data));
      return settle(job, token, end);
    },
    {
      connection: redis as unknown as ConnectionOptions,
      skipVersionCheck: !infoAllowed,
      concurrency: 1,
      // Of a lost worker the lock must be gone before the lease, which the last heartbeat may have extended earlier than
      // the lock was: the row would be free while its job still looks taken, and cannot be replaced.
      lockDuration: Math.round(leaseMs * lockShare),
      stalledInterval: 5_000,
      // A stalled job is offered again for ever; whether it may run, and whether it failed too often, the row says.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      drainDelay: 1,
    },
  );
  // The connection tells of its own trouble; without a listener it would end the process.
  worker.on('error', () => undefined);
  return worker;
}

/** Leaves the lane as the run's end says. BullMQ takes "not yet" as an error of a certain class. */
async function settle(job: Job<JobData>, token: string | undefined, end: JobEnd): Promise<{ outcome: string }> {
  if (end.next === 'failed') throw new UnrecoverableError(end.code);
  if (end.next === 'done') return { outcome: end.outcome };
  if (end.delayMs > 0) {
    await job.moveToDelayed(Date.now() + end.delayMs, token);
    throw new DelayedError();
  }
  await job.moveToWait(token);
  throw new WaitingError();
}
