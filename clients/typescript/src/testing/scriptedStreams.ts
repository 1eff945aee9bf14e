/** Streams of one task's events, sound and otherwise. */
import type { ServerResponse } from 'node:http';
import type { TaskEvent } from '@story-tasks/contracts';
import { answer, eventsTo, type Seen, type Step, taskOf } from './scriptedApi.ts';

/** A task of so many events, of which the last one ends it. */
export const last = 12;
export const all = eventsTo(last);
/** The numbers that a watch of all of them tells. */
export const wanted: readonly number[] = all.map(({ seq }) => seq);
export const block = (event: TaskEvent) => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`;
/** Events from one number to another, as a stream tells them. */
export const told = (from: number, to: number) =>
  all
    .slice(from - 1, to)
    .map(block)
    .join('');

export const begin = (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  // Soon, so that a test need not wait.
  response.write('retry: 1\n\n');
};
/** A stream that says this and ends. */
export const says =
  (text: string): Step =>
  (response) => {
    begin(response);
    response.end(text);
  };

export const positionOf = ({ headers }: Seen) => Number(headers['last-event-id'] ?? 0);

/** What a sound API would do with a request. */
export const sound: Step = (response, request) => {
  const { pathname, searchParams } = new URL(request.path, 'http://x');
  const page = all.slice(Number(searchParams.get('after') ?? 0));
  if (!pathname.endsWith('/events')) {
    return answer(200, { task: taskOf('succeeded'), events: all.slice(-1), cancelable: false })(response, request);
  }
  if (request.headers.accept !== 'text/event-stream') return answer(200, { events: page })(response, request);
  if (positionOf(request) >= last) return response.writeHead(204).end();
  return says(told(positionOf(request) + 1, last))(response, request);
};

/** Streams that do these things, one after the other, of an API that is sound otherwise. */
export function streams(...script: readonly Step[]): Step {
  const steps = [...script];
  return (response, request) => {
    const wantsStream = request.headers.accept === 'text/event-stream';
    return ((wantsStream ? steps.shift() : undefined) ?? sound)(response, request);
  };
}

/** Says that nothing will ever come. */
export const over: Step = (response) => response.writeHead(204).end();
export const thenSilent =
  (text: string): Step =>
  (response) => {
    begin(response);
    response.write(text);
  };
export const thenCut =
  (text: string): Step =>
  (response) => {
    begin(response);
    response.write(text, () => response.destroy());
  };
