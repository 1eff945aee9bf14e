/**
 * A BullMQ worker that shows whether its loop still turns, which `isRunning` does not (a loop that waits for ever runs); and
 * that leaves without taking a job with it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobData } from '@story-tasks/contracts';
import { type Job, Worker } from 'bullmq';

export interface LoopObservation {
  readonly lane: string;
  /** With a job: its own time limit is the bound on that, so the loop owes no turn. */
  readonly busy: boolean;
  /** When the loop last had an answer or a job's end, by the monotonic clock. */
  readonly turnedAt: number;
}

/** BullMQ's close waits for Redis for ever. What has no job has nothing to wait for. */
const closeLimitMs = 2_000;

export class ObservedWorker extends Worker<JobData> {
  #busy = false;
  #leaving = false;
  #turnedAt = performance.now();

  observe(): LoopObservation {
    return { lane: this.name, busy: this.#busy, turnedAt: this.#turnedAt };
  }

  /** With a job in hand. */
  get busy(): boolean {
    return this.#busy;
  }

  /** It runs nothing more; a job that it still gets goes back. */
  get leaving(): boolean {
    return this.#leaving;
  }

  /** Takes no more jobs. @returns resolves when it is gone: after its job, if it has one */
  async leave(): Promise<void> {
    this.#leaving = true;
    let closed = false;
    const end = () => {
      closed = true;
    };
    const closing = this.close().then(end, end);
    do await Promise.race([closing, sleep(closeLimitMs, undefined, { ref: false })]);
    while (!closed && this.#busy);
  }

  /** An idle loop comes by here before each wait for a job, which lasts ten seconds at most, … */
  protected override getBlockTimeout(blockUntil: number): number {
    this.#turned();
    return super.getBlockTimeout(blockUntil);
  }

  /** … and here after it. A refusal is a turn too: the loop does what it can, and a restart would do no more. */
  protected override async moveToActive(token: string, name?: string): Promise<Job<JobData>> {
    return super.moveToActive(token, name).finally(() => this.#turned());
  }

  protected override async callProcessJob(job: Job<JobData>, token: string, signal?: AbortSignal): Promise<unknown> {
    this.#busy = true;
    return super.callProcessJob(job, token, signal).finally(() => {
      this.#busy = false;
      this.#turned();
    });
  }

  #turned(): void {
    this.#turnedAt = performance.now();
  }
}
