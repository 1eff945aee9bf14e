/**
 * A task's events, each once and in order, over as many streams as it takes. Events are numbered without a gap, so what a
 * stream says can be judged: a number that was seen is passed over; one that comes too soon, or a message that is no
 * event, ends the trust in that stream, and the events are read by number before the next stream is opened.
 */
import {
  getTaskAnswerSchema,
  isTerminal,
  listEventsAnswerSchema,
  maxEventsPerPage,
  pause,
  streamHeartbeatMs,
  systemWorld,
  type TaskEvent,
  taskEventSchema,
} from '@story-tasks/contracts';
import type { EventSourceMessage } from 'eventsource-parser';
import { StoryTasksConnectionError, StoryTasksError, UnexpectedAnswerError } from '../errors.ts';
import { type CallOptions, type Http, jsonIn } from '../http.ts';
import { backoffMs } from '../retry.ts';
import { messagesOf } from './messages.ts';

export interface WatchOptions extends CallOptions {
  /** The number of the last event that is known; 0, the default: all are told. */
  readonly after?: number | undefined;
  /** A stream that is silent for so long is opened anew; three of the server's heartbeats and a bit, by default. */
  readonly silenceMs?: number | undefined;
  /** How long the API may stay away before the watch gives up, in milliseconds; five minutes by default. */
  readonly reconnectForMs?: number | undefined;
  /** Told why the API cannot be reached, each time before it is tried again. */
  readonly onTrouble?: ((error: StoryTasksError | StoryTasksConnectionError) => void) | undefined;
}

/** Before the first answer a wrong URL is more likely than a restart. */
const firstContactMs = 15_000;
const defaultReconnectMs = 1_000;
/** Streams in a row that told nothing of use, and nothing was missing either: something is wrong that time does not mend. */
const maxUseless = 5;

export class TaskWatch {
  readonly #http: Http;
  readonly #path: string;
  readonly #options: WatchOptions;
  #position: number;
  #over = false;
  #contact = false;
  /** Streams in a row that told no event. */
  #barren = 0;
  #useless = 0;
  #brokenSince: number | undefined;
  #reconnectMs = defaultReconnectMs;
  #askedMs = 0;

  /** @param path of the task */
  constructor(http: Http, path: string, options: WatchOptions) {
    this.#http = http;
    this.#path = path;
    this.#options = options;
    this.#position = options.after ?? 0;
  }

  /** @throws StoryTasksError, StoryTasksConnectionError, UnexpectedAnswerError; the reason of the signal */
  async *events(): AsyncGenerator<TaskEvent, void, undefined> {
    for (;;) {
      try {
        yield* this.#oneStream();
      } catch (error) {
        this.#bear(error);
      }
      this.#options.signal?.throwIfAborted();
      if (this.#over) return;
      this.#barren += 1;
      const delay = Math.max(this.#askedMs, backoffMs(Math.min(this.#barren, 10), this.#reconnectMs));
      this.#askedMs = 0;
      await pause(systemWorld.clock, delay, this.#options.signal);
    }
  }

  async *#oneStream(): AsyncGenerator<TaskEvent> {
    const response = await this.#http.open(this.#streamCall(), this.#options);
    [this.#contact, this.#brokenSince] = [true, undefined];
    if (response.status === 204) return yield* this.#nothingLeft();
    if (response.body === null || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
      await response.body?.cancel();
      throw new UnexpectedAnswerError('The API answered with something else than a stream of events.');
    }
    for await (const message of messagesOf(response.body, this.#limits())) {
      const event = eventIn(message);
      if (event === undefined || event.seq > this.#position + 1) return yield* this.#readByNumber();
      if (event.seq > this.#position) yield* this.#tell(event);
      if (this.#over) return;
    }
  }

  #streamCall() {
    const last: Record<string, string> = this.#position === 0 ? {} : { 'Last-Event-ID': String(this.#position) };
    const headers = { Accept: 'text/event-stream', ...last };
    return { method: 'GET', path: `${this.#path}/events`, headers, repeatable: true } as const;
  }

  #limits() {
    const silenceMs = this.#options.silenceMs ?? 3 * streamHeartbeatMs + 5_000;
    // None comes back in a loop, and none stays away, whatever a server says.
    const onRetry = (ms: number) => {
      this.#reconnectMs = Math.min(15_000, Math.max(50, ms));
    };
    return { silenceMs, onRetry };
  }

  *#tell(event: TaskEvent): Generator<TaskEvent> {
    [this.#barren, this.#useless] = [0, 0];
    this.#position = event.seq;
    this.#over = event.status !== null && isTerminal(event.status);
    yield event;
  }

  /** The stream cannot be trusted: what is on record decides. */
  async *#readByNumber(): AsyncGenerator<TaskEvent> {
    const from = this.#position;
    for (let full = true; full && !this.#over; ) {
      const path = `${this.#path}/events?after=${this.#position}`;
      const call = { method: 'GET', path, repeatable: true } as const;
      const { events } = await this.#http.json(call, listEventsAnswerSchema, this.#options);
      for (const event of events) {
        if (event.seq !== this.#position + 1) throw new UnexpectedAnswerError('The API left out events.');
        yield* this.#tell(event);
        if (this.#over) return;
      }
      full = events.length >= maxEventsPerPage;
    }
    if (this.#position === from) this.#wasUseless();
  }

  /** The API says that nothing will ever come. A gateway may say that too, so the task itself is looked at. */
  async *#nothingLeft(): AsyncGenerator<TaskEvent> {
    const call = { method: 'GET', path: `${this.#path}?limit=1`, repeatable: true } as const;
    const { task, events } = await this.#http.json(call, getTaskAnswerSchema, this.#options);
    if (events.some(({ seq }) => seq > this.#position)) yield* this.#readByNumber();
    // Its terminal event was told before `after`.
    if (isTerminal(task.status)) this.#over = true;
    else this.#wasUseless();
  }

  #wasUseless(): void {
    this.#useless += 1;
    if (this.#useless >= maxUseless)
      throw new UnexpectedAnswerError('The API’s streams do not tell this task’s events.');
  }

  /** @throws the error, when another try would not help or has been tried for long enough */
  #bear(error: unknown): void {
    this.#options.signal?.throwIfAborted();
    const passing = error instanceof StoryTasksConnectionError || error instanceof StoryTasksError;
    if (!passing || error.kind !== 'retryable') throw error;
    this.#brokenSince ??= performance.now();
    const patienceMs = this.#options.reconnectForMs ?? 300_000;
    const limitMs = this.#contact ? patienceMs : Math.min(firstContactMs, patienceMs);
    if (performance.now() - this.#brokenSince >= limitMs) throw error;
    if (error instanceof StoryTasksError) this.#askedMs = Math.min(30_000, (error.retryAfter ?? 0) * 1_000);
    this.#options.onTrouble?.(error);
  }
}

/** @returns undefined when the message is no event of a task, or not under its own number */
function eventIn({ id, data }: EventSourceMessage): TaskEvent | undefined {
  const told = taskEventSchema.safeParse(jsonIn(data));
  return told.success && String(told.data.seq) === id ? told.data : undefined;
}
