/** What whoever sizes the workers asks of the record. */
import { callFunction, type Store } from './client.ts';

export interface BusyWorker {
  readonly workerId: string;
  /** Since the longest of its tasks was first run, by the database's clock, in milliseconds. */
  readonly busyMs: number;
}

export type WorkersRepository = ReturnType<typeof createWorkersRepository>;

export function createWorkersRepository(store: Store) {
  return {
    /**
     * Workers that hold a live lease on a task of a lane. One that is not named may still be about to claim.
     * @throws StoreUnavailableError
     */
    async listBusy(): Promise<BusyWorker[]> {
      type Reply = { outcome: string; workers: BusyWorker[] };
      return (await callFunction<Reply>(store, 'list_busy_story_workers', {})).workers;
    },
  };
}
