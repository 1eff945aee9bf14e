/**
 * The BullMQ workers of one lane in this process: as many as runs at once, each with one job. (One worker with a
 * concurrency of its own applies a raised figure only when a job ends; a pool can grow at any time.)
 */
import { type Clock, type JobData, laneName, type Operation } from '@story-tasks/contracts';
import { type Logger, underCarriedSpan } from '@story-tasks/runtime';
import { type ConnectionOptions, DelayedError, type Job, UnrecoverableError, WaitingError } from 'bullmq';
import type { Redis } from 'ioredis';
import { decideResize } from './decideSlots.ts';
import { type LaneTrouble, tellTrouble } from './laneTrouble.ts';
import { type LoopObservation, ObservedWorker } from './observedWorker.ts';
import type { JobEnd } from './processJob.ts';

export interface LanePoolOptions {
  readonly operation: Operation;
  /** Runs at once, to begin with. */
  readonly slots: number;
  /** Of the use `blocking`; each worker makes a blocking connection of its own besides. */
  readonly redis: Redis;
  /** Whether INFO may be asked: without, BullMQ would not start, and takes Redis for an old one. */
  readonly infoAllowed: boolean;
  readonly leaseMs: number;
  readonly process: (job: JobData) => Promise<JobEnd>;
  /** A worker left for good. */
  readonly onLeft?: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class LanePool {
  readonly operation: Operation;
  readonly #options: LanePoolOptions;
  readonly #trouble: LaneTrouble;
  readonly #open = new Set<ObservedWorker>();
  readonly #leaving = new Map<ObservedWorker, Promise<void>>();
  #slots = 0;

  constructor(options: LanePoolOptions) {
    this.operation = options.operation;
    this.#options = options;
    this.#trouble = tellTrouble(options.logger.child({ operation: options.operation }), options.clock);
    this.resize(options.slots);
  }

  /** The loops that take jobs. */
  observe(): LoopObservation[] {
    return [...this.#open].map((worker) => worker.observe());
  }

  /** Nothing is taken, and nothing that was taken is under way. */
  get isEmpty(): boolean {
    return this.#open.size === 0 && this.#leaving.size === 0;
  }

  /** More take jobs at once; whoever is too many goes when it has no job, or after its job. */
  resize(slots: number): void {
    this.#slots = slots;
    const busy = [...this.#leaving.keys()].filter((worker) => worker.busy);
    const change = decideResize(this.#open.size, busy.length, slots);
    for (let added = 0; added < change; added += 1) this.#open.add(startWorker(this.#options, this.#trouble));
    if (change < 0) for (const worker of this.#idleFirst().slice(0, -change)) this.#dismiss(worker);
  }

  /** Takes no more jobs, and waits for those under way. */
  async close(): Promise<void> {
    this.resize(0);
    await Promise.all(this.#leaving.values());
  }

  #idleFirst(): ObservedWorker[] {
    return [...this.#open].sort((one, other) => Number(one.busy) - Number(other.busy));
  }

  #dismiss(worker: ObservedWorker): void {
    this.#open.delete(worker);
    const left = worker.leave().then(() => {
      this.#leaving.delete(worker);
      this.resize(this.#slots);
      this.#options.onLeft?.();
    });
    this.#leaving.set(worker, left);
  }
}

/** Of the lease. A heartbeat of 4/15 of the lease leaves at least 11/15 of it when the worker is lost. */
const lockShare = 2 / 3;

/** Back into the lane, for whoever looks next. */
const handBack: JobEnd = { next: 'again', delayMs: 0 };

function startWorker(
  { operation, redis, infoAllowed, leaseMs, process }: LanePoolOptions,
  trouble: LaneTrouble,
): ObservedWorker {
  const worker: ObservedWorker = new ObservedWorker(
    laneName(operation),
    async (job, token) => {
      // It was on its way when the worker was dismissed.
      const run = () => (worker.leaving ? Promise.resolve(handBack) : process(job.data));
      return settle(job, token, await underCarriedSpan(job.opts.telemetry?.metadata, run));
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
      // A rate limit that was lifted, or the end of a pause, is noticed within that.
      maximumRateLimitDelay: 1_000,
    },
  );
  worker.on('error', (error) => trouble.loop(error));
  worker.on('failed', (_job, error) => trouble.job(error));
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
