/** A client that asks once and writes down what it was told. Repeating is its caller's to decide. */
import { randomBytes, randomUUID } from 'node:crypto';
import { createStoryAnswerSchema, pause, systemWorld } from '@story-tasks/contracts';
import {
  type Answered,
  acknowledged,
  type CreateCall,
  type Ledger,
  newLedger,
  type Story,
  type Wanted,
} from './ledger.ts';

const answerLimitMs = 12_000;

export class Client {
  readonly ledger: Ledger = newLedger();
  readonly #url: string;
  readonly #premise: string;

  /** @param premise stands in every story's prompt, and must never be printed */
  constructor(url: string, premise: string) {
    this.#url = url;
    this.#premise = premise;
  }

  /** @throws Error when it is not made: stories are made while nothing is broken */
  async createStory(scenelets = 3): Promise<Story> {
    const mark = `Story-${randomBytes(4).toString('hex')}-n${scenelets}`;
    const body = { displayName: mark, initialPrompt: `A keeper guards ${this.#premise}.` };
    const { status, text } = await this.#post('/api/stories', body);
    if (status !== 201) throw new Error(`no story: ${status} ${text}`);
    const story = { id: createStoryAnswerSchema.parse(JSON.parse(text)).storyId, mark };
    this.ledger.stories.push(story);
    return story;
  }

  /** Asks once, with a key of its own unless one is given. */
  async create(wanted: Wanted, key: string = randomUUID()): Promise<CreateCall> {
    const answer = await this.#ask('/api/story-tasks', wanted, { 'idempotency-key': key });
    const call = { ...answer, key };
    this.ledger.creates.push(call);
    return call;
  }

  /** Asks with one key until it is acknowledged. @throws Error when that takes too long */
  async createSurely(wanted: Wanted, limitMs = 30_000): Promise<string> {
    const key = randomUUID();
    const deadline = performance.now() + limitMs;
    for (;;) {
      const call = await this.create(wanted, key);
      if (acknowledged(call) && call.taskId !== null) return call.taskId;
      if (performance.now() > deadline) throw new Error(`not acknowledged: ${call.status} ${call.code}`);
      await pause(systemWorld.clock, 100);
    }
  }

  async cancel(taskId: string): Promise<Answered> {
    const answer = await this.#ask(`/api/story-tasks/${taskId}/cancel`, { reason: 'a fault round' });
    const call = { ...answer, taskId };
    this.ledger.cancels.push(call);
    return call;
  }

  start(taskId: string): Promise<Answered> {
    return this.#ask(`/api/story-tasks/${taskId}/start`, undefined);
  }

  async retry(taskId: string): Promise<Answered> {
    const answer = await this.#ask(`/api/story-tasks/${taskId}/retry`, undefined);
    this.ledger.creates.push({ ...answer, key: null });
    return answer;
  }

  async #ask(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answered> {
    const askedAt = Date.now();
    const { status, text } = await this.#post(path, body, headers);
    const told = objectOf(text) as { taskId?: string; code?: string };
    return { askedAt, answeredAt: Date.now(), status, taskId: told.taskId ?? null, code: told.code ?? null };
  }

  async #post(path: string, body: unknown, headers: Record<string, string> = {}) {
    try {
      const response = await fetch(`${this.#url}${path}`, {
        method: 'POST',
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(answerLimitMs),
      });
      const text = await response.text();
      this.ledger.texts.push(text);
      return { status: response.status, text };
    } catch {
      return { status: 0, text: '' };
    }
  }
}

function objectOf(text: string): object {
  try {
    return (JSON.parse(text) ?? {}) as object;
  } catch {
    return {};
  }
}
