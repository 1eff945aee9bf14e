/** The lanes as gauges: set from each reading, and gone while there is none. */
import type { Operation } from '@story-tasks/contracts';
import type { LaneReading } from '../laneReadings.ts';
import type { Metrics } from './metrics.ts';

export class LaneGauges {
  readonly #jobs;
  readonly #oldest;

  constructor(metrics: Metrics) {
    this.#jobs = metrics.gauge('story_tasks_queue_jobs');
    this.#oldest = metrics.gauge('story_tasks_queue_oldest_waiting_seconds');
  }

  set(readings: ReadonlyMap<Operation, LaneReading>): void {
    for (const [operation, { jobs, oldestWaitingMs }] of readings) {
      for (const [state, count] of Object.entries(jobs)) this.#jobs.set({ operation, state }, count);
      this.#oldest.set({ operation }, oldestWaitingMs / 1_000);
    }
  }

  /** No reading, or somebody else has it to tell: a figure of before would pass for one of now, and a 0 for no work. */
  drop(): void {
    this.#jobs.reset();
    this.#oldest.reset();
  }
}
