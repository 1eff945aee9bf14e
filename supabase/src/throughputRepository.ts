/** What the forwarder keeps on record, and nobody else: counts per minute, and up to which event they go. */
import type { Operation } from '@story-tasks/contracts';
import { askStore, callFunction, type Store } from './client.ts';

export interface ThroughputWrite {
  readonly lane: string;
  readonly operation: Operation;
  /** The position that these counts follow; null: the lane has none yet. */
  readonly expected: string | null;
  /** The new one. When it is the expected one, nothing may be counted: only a position that moves keeps a repeat out. */
  readonly position: string;
  /** `minute`: whole minutes since 1970. */
  readonly counts: readonly { readonly minute: number; readonly event: string; readonly count: number }[];
  /** Minutes of which events are not known; both ends belong to them. */
  readonly incomplete: readonly { readonly from: number; readonly to: number }[];
}

/** `moved`: somebody else was faster, and nothing was written. `position` is the one that stands. */
export interface ThroughputOutcome {
  readonly outcome: 'recorded' | 'moved';
  readonly position: string;
}

export type ThroughputRepository = ReturnType<typeof createThroughputRepository>;

/** Every method may throw StoreUnavailableError or StoreRejectedError, and may be repeated. */
export function createThroughputRepository(store: Store) {
  return {
    /** @returns null when nothing of the lane was counted yet */
    async throughputPosition(lane: string): Promise<string | null> {
      const row = await askStore<{ stream_id: string }>(store, 'read a position', (signal) =>
        store.client
          .from('story_task_throughput_positions')
          .select('stream_id')
          .eq('lane', lane)
          .abortSignal(signal)
          .maybeSingle(),
      );
      return row?.stream_id ?? null;
    },

    /** Counts, marks and moves the position, all or nothing. */
    recordThroughput: (write: ThroughputWrite): Promise<ThroughputOutcome> =>
      callFunction<ThroughputOutcome>(store, 'record_story_task_throughput', { ...write }),
  };
}
