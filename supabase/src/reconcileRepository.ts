/** What the reconciler asks of the record, and nobody else: lost runs, the rows of jobs, retention. */
import type { Dispatch, Operation, TaskRecord, TaskStatus } from '@story-tasks/contracts';
import { callFunction, type Store } from './client.ts';
import { taskRecordOf } from './rows.ts';

export interface MendedRun {
  /** `lost`: failed with WORKER_LOST. `requeued`: waits again, and may have no job. */
  readonly action: 'cancelled' | 'lost' | 'requeued';
  readonly task: TaskRecord;
}

/** What a job is judged by. */
export interface JobRow {
  readonly id: string;
  readonly operation: Operation;
  readonly status: TaskStatus;
  readonly dispatch: Dispatch;
}

export type PurgedTask = Pick<JobRow, 'id' | 'operation'>;

export type ReconcileRepository = ReturnType<typeof createReconcileRepository>;

/** Every method may throw StoreUnavailableError or StoreRejectedError, and finds less to do when it is repeated. */
export function createReconcileRepository(store: Store) {
  const call = <Reply>(name: string, request: Record<string, unknown>) =>
    callFunction<Reply & { outcome: string }>(store, name, request);

  return {
    /**
     * Ends or requeues runs whose lease ran out.
     * @param resumable operations whose next run finds what the lost one persisted
     * @param limit of runs in this call
     */
    async mendLostRuns(resumable: readonly Operation[], limit: number): Promise<MendedRun[]> {
      type Mended = { action: MendedRun['action']; task: Record<string, unknown> };
      const { mended } = await call<{ mended: Mended[] }>('mend_story_task_losses', { resumable, limit });
      return mended.map(({ action, task }) => ({ action, task: taskRecordOf(task) }));
    },

    /** The rows of these tasks, in one read; an id without a row is left out. */
    async findTasks(ids: readonly string[]): Promise<JobRow[]> {
      if (ids.length === 0) return [];
      return (await call<{ tasks: JobRow[] }>('find_story_tasks', { ids })).tasks;
    },

    /**
     * Deletes tasks that ended long ago, with their events, oldest first.
     * @param finishedBeforeMs how long ago, in milliseconds
     * @param limit of tasks in this call
     */
    async purgeTasks(finishedBeforeMs: number, limit: number): Promise<PurgedTask[]> {
      return (await call<{ tasks: PurgedTask[] }>('purge_story_tasks', { finishedBeforeMs, limit })).tasks;
    },
  };
}
