/** Cancelling a task. The flag in the record decides; the message only makes it fast, so that its loss is no error. */
import { publicTask } from '@story-tasks/contracts';
import { type CancelOutcome, IllegalTransitionError } from '@story-tasks/supabase';
import type { ApiDependencies } from '../dependencies.ts';

/**
 * @returns `cancelled`, now or before; `cancelling` when its run was asked to stop
 * @throws IllegalTransitionError when it ended otherwise; TaskNotFoundError
 */
export async function cancelTask(
  {
    tasks,
    lanes,
    publishCancellation,
    logger,
  }: Pick<ApiDependencies, 'tasks' | 'lanes' | 'publishCancellation' | 'logger'>,
  taskId: string,
  reason: string | undefined,
): Promise<CancelOutcome> {
  const cancelled = await tasks.cancelTask(taskId, reason);
  const { outcome, task } = cancelled;
  if (outcome === 'terminal') throw new IllegalTransitionError(publicTask(task), 'cancelled');
  if (outcome === 'cancelled') void lanes.remove(task);
  else {
    await publishCancellation(task.id).catch((error: unknown) => {
      logger.warn({ taskId: task.id, error }, 'the cancellation was not announced; the next batch finds it');
    });
  }
  return cancelled;
}
