/** The API's repository, which tells the streams of every API process of each write that its readers wait for. */
import type { TaskEventsHint, TaskRecord } from '@story-tasks/contracts';
import type { StoryTasksRepository } from '@story-tasks/supabase';

/** @param announce called after the write was answered; must not throw */
export function announcingTasks(
  tasks: StoryTasksRepository,
  announce: (hint: TaskEventsHint) => void,
): StoryTasksRepository {
  const told = <Outcome extends { readonly task: TaskRecord }>(outcome: Outcome): Outcome => {
    announce({ taskId: outcome.task.id, seq: outcome.task.lastSeq });
    return outcome;
  };
  return {
    ...tasks,
    startTask: async (taskId) => told(await tasks.startTask(taskId)),
    cancelTask: async (taskId, reason) => told(await tasks.cancelTask(taskId, reason)),
    failEnqueue: async (taskId, message) => told(await tasks.failEnqueue(taskId, message)),
  };
}
