import {
  type ListEventsAnswer,
  lastEventIdSchema,
  listEventsAnswerSchema,
  listEventsQuerySchema,
  maxEventsPerPage,
  taskEventSchema,
} from '@story-tasks/contracts';
import { z } from 'zod';
import type { ApiDependencies } from '../dependencies.ts';
import { defineEndpoint, type Reply } from '../endpoint.ts';
import { idParams, noBody } from './parts.ts';

const streamShape =
  'Each `data` is a StoryTaskEvent in JSON, and its `id` the event’s `seq`. Comments say that the stream lives. It ends after the terminal event; whenever else it breaks off, come back with Last-Event-ID.';

export const listStoryTaskEvents = defineEndpoint({
  method: 'get',
  path: '/api/story-tasks/:id/events',
  operationId: 'listStoryTaskEvents',
  tag: 'Tasks',
  summary: `Events after a number, oldest first: at most ${maxEventsPerPage}, or as they come with Accept: text/event-stream.`,
  answers: {
    200: {
      description: 'The events; none when there are none after that number.',
      content: { 'application/json': listEventsAnswerSchema, 'text/event-stream': z.string().describe(streamShape) },
    },
    204: { description: 'Of a stream: nothing will ever come after that number.' },
  },
  problems: ['TASK_NOT_FOUND', 'STORE_UNAVAILABLE'],
  params: idParams,
  query: listEventsQuerySchema,
  headers: z.object({ 'last-event-id': lastEventIdSchema }),
  body: noBody,
  handle(dependencies, { params, query, headers, preferred, note }) {
    note({ taskId: params.id });
    const after = query.after ?? 0;
    if (preferred(['application/json', 'text/event-stream']) !== 'text/event-stream')
      return pageOf(dependencies, params.id, after);
    return streamOf(dependencies, params.id, headers['last-event-id'] ?? after);
  },
});

async function pageOf({ tasks }: ApiDependencies, taskId: string, after: number): Promise<Reply> {
  // A task that is not there is told as such; without a look it would only seem to have no events.
  await tasks.getTask(taskId);
  const events = await tasks.listEventsAfter(taskId, after, maxEventsPerPage);
  const answer: ListEventsAnswer = { events: events.map((event) => taskEventSchema.parse(event)) };
  return { status: 200, headers: { Vary: 'Accept' }, body: answer };
}

const streamHeaders = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-store, no-transform',
  // A proxy that gathers the answer before it passes it on would show nothing until the end.
  'X-Accel-Buffering': 'no',
  // A shutdown waits for connections; this one has nothing more to carry when its stream ends.
  Connection: 'close',
  Vary: 'Accept',
};

/** By the standard an EventSource comes back whenever a stream ends; 204 tells it that there is no more. */
async function streamOf({ streams }: ApiDependencies, taskId: string, after: number): Promise<Reply> {
  const stream = await streams.open(taskId, after);
  if (stream === null) return { status: 204, headers: { Vary: 'Accept' }, body: undefined };
  return { status: 200, headers: streamHeaders, stream };
}
