/** Reads the lanes for the gauges: a reading that failed takes the one before it away. */
import type { LaneGauges, Lanes } from '@story-tasks/runtime';

export interface LaneWatchDependencies {
  readonly lanes: Pick<Lanes, 'readings'>;
  readonly gauges: Pick<LaneGauges, 'set' | 'drop'>;
}

/** One reading a tick. That Redis is away, its connection logs by itself. */
export function laneWatch({ lanes, gauges }: LaneWatchDependencies): { tick(): Promise<void> } {
  return {
    async tick() {
      const readings = await lanes.readings().catch(() => null);
      if (readings === null) gauges.drop();
      else gauges.set(readings);
    },
  };
}
