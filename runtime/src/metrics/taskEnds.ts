/**
 * Counts ends. Whoever writes the end of a task counts it, and tells of it only when its own write made it: so each task
 * counts once over all processes. Direct tasks do not count, for they are made and run where nobody asks for metrics.
 */
import { isTerminal, operationNames, type TaskRecord, terminalStatuses } from '@story-tasks/contracts';
import { codeLabel } from './errorCodes.ts';
import type { Metrics } from './metrics.ts';

export interface TaskEnds {
  /** A write of this process ended the task. @param task the row as the write left it */
  ended(task: TaskRecord): void;
  /** A run failed or was lost, and the task is to be tried again. */
  failed(task: TaskRecord, code: string | null): void;
}

export function countTaskEnds(metrics: Metrics): TaskEnds {
  const finished = metrics.counter('story_tasks_finished_total');
  const errors = metrics.counter('story_tasks_errors_total');
  // A counter that begins with its first event shows no increase for it.
  for (const operation of operationNames) for (const status of terminalStatuses) finished.inc({ operation, status }, 0);
  const failed = ({ operation, dispatch }: TaskRecord, code: string | null): void => {
    if (dispatch === 'queue') errors.inc({ operation, code: codeLabel(code) });
  };
  return {
    failed,
    ended(task) {
      const { operation, status, dispatch } = task;
      if (dispatch !== 'queue' || !isTerminal(status)) return;
      finished.inc({ operation, status });
      if (status === 'failed') failed(task, task.errorCode);
    },
  };
}

/** @returns what is told of tasks whose run was asked to stop, once their end is written */
export function measureCancellations(metrics: Metrics) {
  const seconds = metrics.histogram('story_tasks_cancel_seconds');
  return {
    /** How long the run's code went on after it was told, in milliseconds. */
    aborted: ({ operation }: TaskRecord, milliseconds: number): void =>
      seconds.observe({ operation, phase: 'abort' }, milliseconds / 1_000),
    /** Both times are the database's; of any other task there is nothing to measure. */
    ended({ operation, dispatch, status, cancelRequestedAt, finishedAt }: TaskRecord): void {
      const measured = dispatch === 'queue' && status === 'cancelled';
      if (!measured || cancelRequestedAt === null || finishedAt === null) return;
      const milliseconds = Date.parse(finishedAt) - Date.parse(cancelRequestedAt);
      seconds.observe({ operation, phase: 'terminal' }, milliseconds / 1_000);
    },
  };
}
