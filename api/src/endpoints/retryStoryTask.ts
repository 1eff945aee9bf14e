import { createTaskAnswerSchema } from '@story-tasks/contracts';
import { defineEndpoint } from '../endpoint.ts';
import { placeNewTask } from '../tasks/lanePlacement.ts';
import { idParams, noInput, noQuery } from './parts.ts';

/** The old task stays as it ended; what it persisted belongs to the story, where the new one finds it. */
export const retryStoryTask = defineEndpoint({
  method: 'post',
  path: '/api/story-tasks/:id/retry',
  operationId: 'retryStoryTask',
  tag: 'Tasks',
  summary: 'Create a new task from one that failed or was cancelled, with its operation, options and attempts.',
  answers: {
    201: {
      description: 'The new task’s id.',
      headers: ['Location'],
      content: { 'application/json': createTaskAnswerSchema },
    },
  },
  problems: ['TASK_NOT_FOUND', 'ILLEGAL_TRANSITION', 'ENQUEUE_FAILED', 'STORE_UNAVAILABLE'],
  params: idParams,
  query: noQuery,
  body: noInput,
  async handle(dependencies, { params, note }) {
    const task = await dependencies.tasks.retryTask(params.id);
    note({ taskId: task.id, operation: task.operation });
    await placeNewTask(dependencies, task);
    return { status: 201, headers: { Location: `/api/story-tasks/${task.id}` }, body: { taskId: task.id } };
  },
});
