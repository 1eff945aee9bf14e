import {
  type ListEventsAnswer,
  listEventsQuerySchema,
  maxEventsPerPage,
  taskEventSchema,
} from '@story-tasks/contracts';
import { defineEndpoint } from '../endpoint.ts';
import { idParams, noBody } from './parts.ts';

export const listStoryTaskEvents = defineEndpoint({
  method: 'get',
  path: '/api/story-tasks/:id/events',
  summary: `Events after a number, oldest first; at most ${maxEventsPerPage}.`,
  params: idParams,
  query: listEventsQuerySchema,
  body: noBody,
  async handle({ tasks }, { params, query, note }) {
    note({ taskId: params.id });
    // A task that is not there is told as such; without a look it would only seem to have no events.
    await tasks.getTask(params.id);
    const events = await tasks.listEventsAfter(params.id, query.after ?? 0, maxEventsPerPage);
    const answer: ListEventsAnswer = { events: events.map((event) => taskEventSchema.parse(event)) };
    return { status: 200, body: answer };
  },
});
