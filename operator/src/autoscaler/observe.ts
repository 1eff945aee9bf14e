/** One look at everything that a decision stands on. A part that cannot be read is null, and takes the decision away. */
import { CodedError, type Operation, type Settings } from '@story-tasks/contracts';
import type { LaneReading } from '@story-tasks/runtime';
import type { BusyWorker } from '@story-tasks/supabase';
import type { WorkerCluster } from './cluster.ts';
import type { Busy } from './decideVictims.ts';
import { type Demand, demandOf } from './demand.ts';

export interface Sources {
  /** Null: there is no reading. */
  readonly readLanes: () => Promise<ReadonlyMap<Operation, LaneReading> | null>;
  readonly listBusy: () => Promise<readonly BusyWorker[]>;
  /** Null: the Kubernetes API is left alone, or did not answer. */
  readonly readCluster: () => Promise<Awaited<ReturnType<WorkerCluster['read']>> | null>;
  readonly settings: () => Settings;
}

export interface Sight {
  readonly demand: Demand | null;
  readonly busy: Busy | null;
  readonly cluster: Awaited<ReturnType<WorkerCluster['read']>> | null;
}

/** All at once: a scale-up waits for the slowest alone. */
export async function observe({ readLanes, listBusy, readCluster, settings }: Sources): Promise<Sight> {
  const [readings, busy, cluster] = await Promise.all([readLanes(), listBusy().catch(nullWhenAway), readCluster()]);
  return {
    demand: readings && demandOf(readings, settings()),
    busy: busy && new Map(busy.map(({ workerId, busyMs }) => [workerId, busyMs])),
    cluster,
  };
}

/** What the store could not tell is a reading that is missing; any other error is a fault of ours, and must show. */
function nullWhenAway(error: unknown): null {
  if (error instanceof CodedError) return null;
  throw error;
}
