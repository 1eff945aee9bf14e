/**
 * Lanes as BullMQ keeps them, in virtual time: an id is taken as long as its job exists in any state, a held job cannot be
 * removed, a lock that nobody renews runs out, and a job without one is offered again.
 */
import { type Clock, type JobData, jobDataOf, type Operation, type TaskRecord } from '@story-tasks/contracts';
import { LaneUnavailableError } from '@story-tasks/runtime';
import type { JobEnd } from '@story-tasks/worker';
import type { SimulatedProcess } from './process.ts';

interface Job {
  readonly data: JobData;
  readyAt: number;
  /** Of the worker that has it; 0 when nobody has. */
  lockedUntil: number;
  held: boolean;
}

interface Consumer {
  readonly process: SimulatedProcess;
  readonly run: (job: JobData) => Promise<JobEnd>;
  busy: boolean;
}

const stalledCheckMs = 5_000;

export class SimulatedLanes {
  /** True: every call fails, as when Redis is away. */
  away = false;
  readonly #clock: Clock;
  readonly #lockMs: number;
  readonly #jobs = new Map<string, Job>();
  readonly #consumers: Consumer[] = [];

  constructor(clock: Clock, lockMs: number) {
    this.#clock = clock;
    this.#lockMs = lockMs;
    this.#checkStalled();
  }

  /** A worker that takes one job at a time. */
  consume(process: SimulatedProcess, run: Consumer['run']): void {
    this.#consumers.push({ process, run, busy: false });
    this.#offer();
  }

  async ready(): Promise<void> {
    if (this.away) throw new LaneUnavailableError();
  }

  async enqueue(task: TaskRecord, delayMs = 0): Promise<void> {
    await this.ready();
    if (this.#jobs.has(task.id)) return;
    this.#jobs.set(task.id, this.#job(jobDataOf(task), delayMs));
    this.#offerAfter(delayMs);
  }

  async requeue(task: TaskRecord, delayMs = 0): Promise<boolean> {
    if (!(await this.discard(task.operation, task.id))) return false;
    await this.enqueue(task, delayMs);
    return true;
  }

  async hasJob({ id }: Pick<TaskRecord, 'id'>): Promise<boolean> {
    await this.ready();
    const job = this.#jobs.get(id);
    return job !== undefined && (!job.held || this.#locked(job));
  }

  async listJobIds(operation: Operation, start: number, limit: number): Promise<string[]> {
    await this.ready();
    const ids = [...this.#jobs].filter(([, { data }]) => data.operation === operation).map(([id]) => id);
    return ids.slice(start, start + limit);
  }

  async discard(_operation: Operation, id: string): Promise<boolean> {
    await this.ready();
    const job = this.#jobs.get(id);
    if (job && this.#locked(job)) return false;
    this.#jobs.delete(id);
    return true;
  }

  async remove({ id, operation }: Pick<TaskRecord, 'id' | 'operation'>): Promise<void> {
    await this.discard(operation, id).catch(() => undefined);
  }

  /** FLUSHALL. */
  flush(): void {
    this.#jobs.clear();
  }

  #job(data: JobData, delayMs: number): Job {
    return { data, readyAt: this.#clock.now() + delayMs, lockedUntil: 0, held: false };
  }

  #locked({ held, lockedUntil }: Job): boolean {
    return held && lockedUntil > this.#clock.now();
  }

  #offerAfter(delayMs: number): void {
    this.#clock.after(delayMs, () => this.#offer());
  }

  #offer(): void {
    const now = this.#clock.now();
    for (const job of [...this.#jobs.values()].filter(({ held, readyAt }) => !held && readyAt <= now)) {
      const free = this.#consumers.find(({ busy, process }) => !busy && process.alive);
      if (!free) return;
      void this.#give(job, free);
    }
  }

  async #give(job: Job, consumer: Consumer): Promise<void> {
    consumer.busy = true;
    job.held = true;
    const stopRenewing = this.#renew(job, consumer.process);
    const end = await consumer.run(job.data);
    stopRenewing();
    consumer.busy = false;
    this.#settle(job, end);
    this.#offer();
  }

  /** As the worker's own timer does, so that a dead one's lock runs out. */
  #renew(job: Job, process: SimulatedProcess): () => void {
    let stop = () => {};
    const renew = () => {
      job.lockedUntil = this.#clock.now() + this.#lockMs;
      stop = process.clock.after(this.#lockMs / 2, renew);
    };
    renew();
    return () => stop();
  }

  /** A job that was taken from its worker, or is gone, is not that worker's to move. */
  #settle(job: Job, end: JobEnd): void {
    const id = job.data.taskId;
    if (this.#jobs.get(id) !== job) return;
    this.#jobs.delete(id);
    if (end.next !== 'again') return;
    this.#jobs.set(id, this.#job(job.data, end.delayMs));
    this.#offerAfter(end.delayMs);
  }

  #checkStalled(): void {
    for (const [id, job] of this.#jobs) {
      if (job.held && !this.#locked(job)) this.#jobs.set(id, this.#job(job.data, 0));
    }
    this.#offer();
    this.#clock.after(stalledCheckMs, () => this.#checkStalled());
  }
}
