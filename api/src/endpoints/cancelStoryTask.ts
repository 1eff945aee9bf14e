import { cancelTaskRequestSchema, publicTask, taskAnswerSchema } from '@story-tasks/contracts';
import { IllegalTransitionError } from '@story-tasks/supabase';
import { defineEndpoint } from '../endpoint.ts';
import { idParams, noQuery } from './parts.ts';

/** The flag in the record decides; the message only makes it fast, so that its loss is no error. */
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
  async handle({ tasks, lanes, publishCancellation }, { params, body, note, logger }) {
    const { outcome, task } = await tasks.cancelTask(params.id, body?.reason);
    note({ taskId: task.id, operation: task.operation, ...(task.storyId === null ? {} : { storyId: task.storyId }) });
    if (outcome === 'terminal') throw new IllegalTransitionError(publicTask(task), 'cancelled');
    if (outcome === 'cancelled') {
      void lanes.remove(task);
      return { status: 200, body: { task: publicTask(task) } };
    }
    await publishCancellation(task.id).catch((error: unknown) => {
      logger.warn({ taskId: task.id, error }, 'the cancellation was not announced; the next batch finds it');
    });
    return { status: 202, body: { task: publicTask(task) } };
  },
});
