import { publicTask, taskAnswerSchema } from '@story-tasks/contracts';
import { IllegalTransitionError } from '@story-tasks/supabase';
import { defineEndpoint } from '../endpoint.ts';
import { ensureJob } from '../tasks/lanePlacement.ts';
import { idParams, noInput, noQuery } from './parts.ts';

export const startStoryTask = defineEndpoint({
  method: 'post',
  path: '/api/story-tasks/:id/start',
  operationId: 'startStoryTask',
  tag: 'Tasks',
  summary: 'Put a held task into its lane; a task that was started is answered as it stands.',
  answers: { 200: { description: 'The task as it stands.', content: { 'application/json': taskAnswerSchema } } },
  problems: ['TASK_NOT_FOUND', 'ILLEGAL_TRANSITION', 'STORE_UNAVAILABLE', 'LANE_UNAVAILABLE'],
  params: idParams,
  query: noQuery,
  body: noInput,
  async handle(dependencies, { params, note }) {
    const { outcome, task } = await dependencies.tasks.startTask(params.id);
    note({ taskId: task.id, operation: task.operation });
    if (outcome === 'terminal') throw new IllegalTransitionError(publicTask(task), 'started');
    await ensureJob(dependencies, task);
    return { status: 200, body: { task: publicTask(task) } };
  },
});
