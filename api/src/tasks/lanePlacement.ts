/** From the row to its lane. The row is written first: once it is there, the task survives whatever happens to Redis. */
import type { TaskRecord } from '@story-tasks/contracts';
import { LaneUnavailableError } from '@story-tasks/runtime';
import type { ApiDependencies } from '../dependencies.ts';
import { TaskNotEnqueuedError } from '../errors.ts';

type PlacementDependencies = Pick<ApiDependencies, 'tasks' | 'lanes' | 'logger'>;

/**
 * Puts a task that was just made into its lane; a held one waits for its start.
 * @throws TaskNotEnqueuedError when the lane does not take it, and it is failed for that
 */
export async function placeNewTask(dependencies: PlacementDependencies, task: TaskRecord): Promise<void> {
  try {
    await ensureJob(dependencies, task);
  } catch (error) {
    if (!(error instanceof LaneUnavailableError)) throw error;
    dependencies.logger.warn({ taskId: task.id, operation: task.operation }, 'the lane did not take the task');
    await giveUp(dependencies, task.id);
  }
}

/**
 * Makes sure that a task which waits for a worker has its job; any other needs none. To add a job again is harmless.
 * @throws LaneUnavailableError; the task stays as it is, and the reconciler finds it
 */
export async function ensureJob({ lanes }: Pick<ApiDependencies, 'lanes'>, task: TaskRecord): Promise<void> {
  const waits = task.status === 'queued' && task.dispatch === 'queue' && !task.held;
  if (waits) await lanes.enqueue(task);
}

/** Fails the task, unless the reconciler found it first and somebody runs it: then all is well. */
async function giveUp({ tasks }: PlacementDependencies, taskId: string): Promise<void> {
  const { outcome } = await tasks.failEnqueue(taskId, 'The task could not be queued: Redis is down, slow or full.');
  if (outcome === 'failed') throw new TaskNotEnqueuedError(taskId);
}
