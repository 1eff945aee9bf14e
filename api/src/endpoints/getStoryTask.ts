import {
  type GetTaskAnswer,
  getTaskAnswerSchema,
  getTaskQuerySchema,
  isTerminal,
  publicTask,
  taskEventSchema,
} from '@story-tasks/contracts';
import { defineEndpoint } from '../endpoint.ts';
import { idParams, noBody } from './parts.ts';

export const getStoryTask = defineEndpoint({
  method: 'get',
  path: '/api/story-tasks/:id',
  operationId: 'getStoryTask',
  tag: 'Tasks',
  summary: 'A task with its newest events.',
  answers: {
    200: {
      description: 'The task, and its events with the newest first.',
      content: { 'application/json': getTaskAnswerSchema },
    },
  },
  problems: ['TASK_NOT_FOUND', 'STORE_UNAVAILABLE'],
  params: idParams,
  query: getTaskQuerySchema,
  body: noBody,
  async handle({ tasks }, { params, query, note }) {
    note({ taskId: params.id });
    // The events are read after the task: who sees that it ended also sees the event that tells how.
    const task = publicTask(await tasks.getTask(params.id));
    const events = await tasks.listRecentEvents(params.id, query.limit);
    const answer: GetTaskAnswer = {
      task,
      events: events.map((event) => taskEventSchema.parse(event)),
      cancelable: !isTerminal(task.status) && !task.taskCancelled,
    };
    return { status: 200, body: answer };
  },
});
