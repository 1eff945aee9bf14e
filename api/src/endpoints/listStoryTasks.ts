import { type ListTasksAnswer, listTasksAnswerSchema, listTasksQuerySchema, publicTask } from '@story-tasks/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../endpoint.ts';
import { cursorOf, positionOf } from '../tasks/cursor.ts';
import { noBody } from './parts.ts';

export const listStoryTasks = defineEndpoint({
  method: 'get',
  path: '/api/story-tasks',
  operationId: 'listStoryTasks',
  tag: 'Tasks',
  summary: 'A page of tasks, newest first, that match every filter given.',
  answers: { 200: { description: 'The page.', content: { 'application/json': listTasksAnswerSchema } } },
  problems: ['STORE_UNAVAILABLE'],
  params: z.object({}),
  query: listTasksQuerySchema,
  body: noBody,
  async handle({ tasks }, { query: { cursor, ...filters } }) {
    const position = cursor === undefined ? undefined : positionOf(cursor);
    const page = await tasks.listTasks({ ...filters, position });
    const answer: ListTasksAnswer = {
      tasks: page.tasks.map(publicTask),
      nextCursor: page.next === null ? null : cursorOf(page.next),
    };
    return { status: 200, body: answer };
  },
});
