/** Readers of event streams, as an EventSource is by its standard: they come back with the number of their last event. */
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TaskEvent, taskEventSchema } from '@story-tasks/contracts';

/** Each stream has a connection of its own. */
const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });

/** Opens a stream. @param after the number of the last event that the reader has; absent: none, and not said so */
export function openStream(apiUrl: string, taskId: string, after?: number): Promise<IncomingMessage> {
  const headers: Record<string, string> = { Accept: 'text/event-stream' };
  if (after !== undefined) headers['Last-Event-ID'] = String(after);
  return new Promise((resolve, reject) => {
    request(`${apiUrl}/api/story-tasks/${taskId}/events`, { agent, headers }, resolve).on('error', reject).end();
  });
}

/** The events of a stream until it ends or breaks off. What is left of an event that was cut is thrown away. */
export async function* eventsOf(response: IncomingMessage): AsyncGenerator<TaskEvent> {
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      const blocks = (text + String(chunk)).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const told = /^id: (\d+)\ndata: (.*)$/.exec(block);
        if (!told) continue;
        const event = taskEventSchema.parse(JSON.parse(told[2] ?? ''));
        if (event.seq !== Number(told[1])) throw new Error(`id ${told[1]} with seq ${event.seq}`);
        yield event;
      }
    }
  } catch (error) {
    if ((error as { code?: string }).code !== 'ECONNRESET') throw error;
  }
}

export interface Reading {
  /** The numbers of the events, in the order in which they came. */
  readonly seqs: number[];
  /** Resolves when the server says that there is no more. */
  readonly done: Promise<void>;
  /** How often the stream was opened. */
  opened: number;
}

/** Reads a task to its end, coming back whenever the stream breaks off. */
export function follow(apiUrl: string, taskId: string, after?: number): Reading {
  const reading = { seqs: [] as number[], opened: 0, done: Promise.resolve() };
  reading.done = readOn(apiUrl, taskId, after, reading);
  return reading;
}

async function readOn(apiUrl: string, taskId: string, after: number | undefined, reading: Reading): Promise<void> {
  for (let last = after; ; last = reading.seqs.at(-1) ?? after) {
    const response = await openStream(apiUrl, taskId, last).catch(() => null);
    if (response?.statusCode === 204) return;
    if (response?.statusCode === 200) {
      reading.opened += 1;
      for await (const event of eventsOf(response)) reading.seqs.push(event.seq);
    } else {
      response?.resume();
      await sleep(100 + Math.random() * 200);
    }
  }
}

/** Numbers that did not come, and numbers that came again or out of their order. */
export function faultsOf(seqs: readonly number[], first: number, last: number): { missing: number; repeated: number } {
  const seen = new Set(seqs);
  const missing = Array.from({ length: last - first + 1 }, (_, n) => first + n).filter((seq) => !seen.has(seq));
  const repeated = seqs.filter((seq, index) => index > 0 && seq <= (seqs[index - 1] ?? 0));
  return { missing: missing.length, repeated: repeated.length };
}
