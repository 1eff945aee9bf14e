/** What a task's events tell of its life. */
import type { StoryTasksClient } from '@story-tasks/client/source';
import type { TaskEvent } from '@story-tasks/contracts';

/** @returns all of a task's events, oldest first */
export async function lifeOf(api: StoryTasksClient, taskId: string): Promise<TaskEvent[]> {
  const { events } = await api.get(taskId, { limit: 100 });
  return events.toReversed();
}

/** @returns the tasks with a run that ended without a word: its worker was killed under it, or it was broken off */
export async function runsLost(api: StoryTasksClient, taskIds: readonly string[]): Promise<string[]> {
  const lives = await Promise.all(taskIds.map(async (taskId) => ({ taskId, life: await lifeOf(api, taskId) })));
  return lives
    .filter(({ life }) => life.filter(({ status }) => status === 'running').length > 1)
    .map(({ taskId }) => taskId);
}
