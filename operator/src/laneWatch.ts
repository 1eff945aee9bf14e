/** Reads the lanes for the gauges, and for whoever decides by them: a reading that failed takes the one before it away. */
import type { Operation } from '@story-tasks/contracts';
import type { LaneGauges, LaneReading, Lanes } from '@story-tasks/runtime';

export interface LaneWatchDependencies {
  readonly lanes: Pick<Lanes, 'readings'>;
  readonly gauges: Pick<LaneGauges, 'set' | 'drop'>;
}

export interface LaneWatch {
  /** That Redis is away, its connection logs by itself. @returns null: there is no reading */
  read(): Promise<ReadonlyMap<Operation, LaneReading> | null>;
}

export function laneWatch({ lanes, gauges }: LaneWatchDependencies): LaneWatch {
  return {
    async read() {
      const readings = await lanes.readings().catch(() => null);
      if (readings === null) gauges.drop();
      else gauges.set(readings);
      return readings;
    },
  };
}
