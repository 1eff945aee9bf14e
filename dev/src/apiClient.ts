/** The calls of the demo, checked by the schemas that the API itself uses. */
import {
  createStoryAnswerSchema,
  createTaskAnswerSchema,
  type GetTaskAnswer,
  getTaskAnswerSchema,
  type Operation,
  problemSchema,
} from '@story-tasks/contracts';
import type { z } from 'zod';

export class ApiClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async createStory(displayName: string, initialPrompt: string): Promise<string> {
    return (await this.#call(createStoryAnswerSchema, '/api/stories', { displayName, initialPrompt })).storyId;
  }

  async createTask(
    operation: Operation,
    storyId: string,
    options?: Record<string, unknown>,
    attempts?: number,
  ): Promise<string> {
    const body = { operation, storyId, options, attempts };
    return (await this.#call(createTaskAnswerSchema, '/api/story-tasks', body)).taskId;
  }

  getTask(taskId: string): Promise<GetTaskAnswer> {
    return this.#call(getTaskAnswerSchema, `/api/story-tasks/${taskId}?limit=100`);
  }

  /** @returns the HTTP status: 200 cancelled, 202 being cancelled */
  async cancelTask(taskId: string, reason: string): Promise<number> {
    return (await this.#send(`/api/story-tasks/${taskId}/cancel`, { reason })).status;
  }

  async #call<S extends z.ZodType>(schema: S, path: string, body?: unknown): Promise<z.output<S>> {
    return schema.parse(await (await this.#send(path, body)).json());
  }

  /** @throws Error with the problem's own words */
  async #send(path: string, body?: unknown): Promise<Response> {
    const request =
      body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${this.#url}${path}`, request);
    if (response.ok) return response;
    const problem = problemSchema.parse(await response.json());
    const faults = problem.errors?.map((error) => `${error.path}: ${error.message}`).join('; ') ?? '';
    throw new Error(
      `${path}: ${response.status} ${problem.code}: ${problem.detail ?? problem.title} ${faults}`.trimEnd(),
    );
  }
}
