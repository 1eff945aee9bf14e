import { cancelTaskRequestSchema, publicTask } from '@story-tasks/contracts';
import { defineEndpoint } from '../endpoint.ts';
import { cancelTask } from '../tasks/cancellation.ts';
import { idParams, noQuery } from './parts.ts';

export const cancelStoryTask = defineEndpoint({
  method: 'post',
  path: '/api/story-tasks/:id/cancel',
  summary: 'Cancel a task: at once when it waits, as soon as its run notices when it runs.',
  params: idParams,
  query: noQuery,
  body: cancelTaskRequestSchema.optional(),
  async handle(dependencies, { params, body, note }) {
    const { outcome, task } = await cancelTask(dependencies, params.id, body?.reason);
    note({ taskId: task.id, operation: task.operation, ...(task.storyId === null ? {} : { storyId: task.storyId }) });
    return { status: outcome === 'cancelled' ? 200 : 202, body: { task: publicTask(task) } };
  },
});
