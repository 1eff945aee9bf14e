/** The calls of the API, one method each. Answers are checked by the schemas that the API itself uses. */
import {
  type CreateTaskInput,
  type cancelTaskRequestSchema,
  createStoryAnswerSchema,
  createTaskAnswerSchema,
  type GetTaskAnswer,
  getTaskAnswerSchema,
  idempotencyKeySchema,
  type ListTasksAnswer,
  listTasksAnswerSchema,
  type Operation,
  type Story,
  storySchema,
  type Task,
  type TaskEvent,
  type TaskStatus,
  taskAnswerSchema,
} from '@story-tasks/contracts';
import { z } from 'zod';
import { ClientUsageError } from './errors.ts';
import { type CallOptions, type ClientSettings, Http, parsed } from './http.ts';
import { TaskWatch, type WatchOptions } from './watch/taskWatch.ts';

export interface TaskFilters {
  readonly storyId?: string | undefined;
  readonly status?: TaskStatus | undefined;
  readonly operation?: Operation | undefined;
  /** Tasks of one page, 1 to 100; 20 by default. */
  readonly limit?: number | undefined;
}

export interface CancelAnswer {
  /** `cancelling`: it runs, and stops within seconds. */
  readonly outcome: 'cancelled' | 'cancelling';
  readonly task: Task;
}

const json = 'application/json';
const idSchema = z.guid();
const tasksPath = '/api/story-tasks';

/** @throws ClientUsageError when the URL is none to make requests to */
export function createClient(settings: ClientSettings): StoryTasksClient {
  return new StoryTasksClient(settings);
}

/**
 * Every method rejects with StoryTasksError when the API refuses, StoryTasksConnectionError when it cannot be reached,
 * UnexpectedAnswerError when something else answers, ClientUsageError when there is nothing to ask, and with the reason of
 * `options.signal` when that aborts.
 */
export class StoryTasksClient {
  readonly #http: Http;

  constructor(settings: ClientSettings) {
    this.#http = new Http(settings);
  }

  /** Creates a task. Tried again it makes no second one: it carries an Idempotency-Key, the caller's or one of its own. */
  async create(
    request: CreateTaskInput,
    { idempotencyKey = crypto.randomUUID(), ...options }: CallOptions & { readonly idempotencyKey?: string } = {},
  ): Promise<{ taskId: string }> {
    if (!idempotencyKeySchema.safeParse(idempotencyKey).success) {
      throw new ClientUsageError('An idempotency key is 1 to 255 visible ASCII characters.');
    }
    const headers = { Accept: json, 'Idempotency-Key': idempotencyKey };
    const call = { method: 'POST', path: tasksPath, body: request, headers, repeatable: true } as const;
    return this.#http.json(call, createTaskAnswerSchema, options);
  }

  /** A task with its newest events, newest first. @param options.limit of events, 1 to 100; 50 by default */
  async get(
    taskId: string,
    { limit, ...options }: CallOptions & { readonly limit?: number } = {},
  ): Promise<GetTaskAnswer> {
    const path = `${taskPath(taskId)}${queryOf({ limit })}`;
    return this.#http.json({ method: 'GET', path, repeatable: true }, getTaskAnswerSchema, options);
  }

  /** One page of tasks, newest first. @param filters.cursor the `nextCursor` of the page before */
  async list(
    filters: TaskFilters & { readonly cursor?: string } = {},
    options: CallOptions = {},
  ): Promise<ListTasksAnswer> {
    const path = `${tasksPath}${queryOf({ ...filters })}`;
    return this.#http.json({ method: 'GET', path, repeatable: true }, listTasksAnswerSchema, options);
  }

  /** All tasks, newest first, read page by page as they are asked for. */
  async *listAll(filters: TaskFilters = {}, options: CallOptions = {}): AsyncGenerator<Task, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ limit: 100, ...filters, ...(cursor === undefined ? {} : { cursor }) }, options);
      yield* page.tasks;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /** Ends a queued task at once, and asks a running one to stop; asking again is harmless. */
  async cancel(
    taskId: string,
    { reason, ...options }: CallOptions & { readonly reason?: string | undefined } = {},
  ): Promise<CancelAnswer> {
    const body: z.input<typeof cancelTaskRequestSchema> = { reason };
    const path = `${taskPath(taskId)}/cancel`;
    const { status, text } = await this.#http.send({ method: 'POST', path, body, repeatable: true }, options);
    return { outcome: status === 202 ? 'cancelling' : 'cancelled', ...parsed(taskAnswerSchema, text) };
  }

  /** Puts a held task into its lane; asking again is harmless. */
  async start(taskId: string, options: CallOptions = {}): Promise<Task> {
    const call = { method: 'POST', path: `${taskPath(taskId)}/start`, repeatable: true } as const;
    return (await this.#http.json(call, taskAnswerSchema, options)).task;
  }

  /**
   * Creates a new task from one that failed or was cancelled. Each call makes one, so it is made again by itself only when
   * the first was never sent.
   */
  async retry(taskId: string, options: CallOptions = {}): Promise<{ taskId: string }> {
    const call = { method: 'POST', path: `${taskPath(taskId)}/retry`, repeatable: false } as const;
    return this.#http.json(call, createTaskAnswerSchema, options);
  }

  /**
   * The task's events, each once and in order, until the terminal one: over restarts of the API, cuts and silence. Leaving
   * the loop closes the connection.
   */
  watch(taskId: string, options: WatchOptions = {}): AsyncGenerator<TaskEvent, void, undefined> {
    return new TaskWatch(this.#http, taskPath(taskId), options).events();
  }

  /** Creates a story. As with `retry`, each call makes one. */
  async createStory(
    story: { readonly displayName: string; readonly initialPrompt: string },
    options: CallOptions = {},
  ): Promise<{ storyId: string }> {
    const call = { method: 'POST', path: '/api/stories', body: story, repeatable: false } as const;
    return this.#http.json(call, createStoryAnswerSchema, options);
  }

  async getStory(storyId: string, options: CallOptions = {}): Promise<Story> {
    return this.#http.json({ method: 'GET', path: storyPath(storyId), repeatable: true }, storySchema, options);
  }

  /** The latest player bundle: one HTML file. */
  async getBundle(storyId: string, options: CallOptions = {}): Promise<string> {
    const headers = { Accept: `text/html, ${json}` };
    const call = { method: 'GET', path: `${storyPath(storyId)}/bundle`, headers, repeatable: true } as const;
    return (await this.#http.send(call, options)).text;
  }
}

const taskPath = (taskId: string) => `${tasksPath}/${idIn(taskId, 'task')}`;
const storyPath = (storyId: string) => `/api/stories/${idIn(storyId, 'story')}`;

/** Anything else could make the path that of another call. */
function idIn(id: string, what: string): string {
  if (idSchema.safeParse(id).success) return id;
  throw new ClientUsageError(`The id of a ${what} is a uuid.`);
}

function queryOf(fields: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(fields).filter((field): field is [string, string | number] => field[1] !== undefined);
  const query = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return query === '' ? '' : `?${query}`;
}
