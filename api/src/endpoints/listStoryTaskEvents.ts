import {
  type ListEventsAnswer,
  lastEventIdSchema,
  listEventsQuerySchema,
  maxEventsPerPage,
  taskEventSchema,
} from '@story-tasks/contracts';
import { z } from 'zod';
import type { ApiDependencies } from '../dependencies.ts';
import { defineEndpoint, type Reply } from '../endpoint.ts';
import { idParams, noBody } from './parts.ts';

export const listStoryTaskEvents = defineEndpoint({
  method: 'get',
  path: '/api/story-tasks/:id/events',
  summary: `Events after a number, oldest first: at most ${maxEventsPerPage}, or as they come with Accept: text/event-stream.`,
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
