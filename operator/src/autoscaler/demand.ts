/** How many workers the lanes want. */
import { type Operation, operationNames, type Settings } from '@story-tasks/contracts';
import type { LaneReading } from '@story-tasks/runtime';

export interface Demand {
  readonly replicas: number;
  /** Which lane wants so many, and why; null: none wants any. */
  readonly words: string | null;
}

/** Jobs that have a worker, or would have one now. A paused lane's wait for nothing but the end of the pause. */
function backlogOf({ jobs, isPaused }: LaneReading, paused: boolean): number {
  if (isPaused || paused) return jobs.active;
  return jobs.waiting + jobs.prioritized + jobs.delayed_due + jobs.active;
}

/** Each worker serves all lanes, each with its own slots: the lane that wants most decides. */
export function demandOf(readings: ReadonlyMap<Operation, LaneReading>, settings: Settings): Demand {
  let demand: Demand = { replicas: 0, words: null };
  for (const operation of operationNames) {
    const reading = readings.get(operation);
    if (reading === undefined) continue;
    const { concurrency, globalConcurrency, paused } = settings[operation];
    const jobs = backlogOf(reading, paused);
    const atOnce = Math.min(jobs, globalConcurrency ?? jobs);
    const replicas = Math.ceil(atOnce / concurrency);
    if (replicas > demand.replicas) demand = { replicas, words: wordsOf(operation, jobs, atOnce, concurrency) };
  }
  return demand;
}

function wordsOf(operation: Operation, jobs: number, atOnce: number, concurrency: number): string {
  const limited = atOnce < jobs ? `, of which ${atOnce} may run at once` : '';
  return `${operation} has ${jobs} due or running${limited}, ${concurrency} in each worker`;
}
