import { cancelTaskRequestSchema, publicTask, taskAnswerSchema } from '@story-tasks/contracts';
import { defineEndpoint } from '../endpoint.ts';
import { cancelTask } from '../tasks/cancellation.ts';
import { idParams, noQuery } from './parts.ts';

export const cancelStoryTask = defineEndpoint({
  method: 'post',
  path: '/api/story-tasks/:id/cancel',
  operationId: 'cancelStoryTask',
  tag: 'Tasks',
  summary: 'Cancel a task: at once when it waits, as soon as its run notices when it runs.',
  answers: {
    200: { description: 'It is cancelled, now or before.', content: { 'application/json': taskAnswerSchema } },
    202: { description: 'It runs, and is being cancelled.', content: { 'application/json': taskAnswerSchema } },
  },
  problems: ['TASK_NOT_FOUND', 'ILLEGAL_TRANSITION', 'STORE_UNAVAILABLE'],
  params: idParams,
  query: noQuery,
  body: cancelTaskRequestSchema.optional(),
  async handle(dependencies, { params, body, note }) {
    const { outcome, task } = await cancelTask(dependencies, params.id, body?.reason);
    note({ taskId: task.id, operation: task.operation, ...(task.storyId === null ? {} : { storyId: task.storyId }) });
    return { status: outcome === 'cancelled' ? 200 : 202, body: { task: publicTask(task) } };
  },
});
