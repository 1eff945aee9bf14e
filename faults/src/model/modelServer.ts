/** A language model's place: an OpenAI-compatible server that writes valid documents and keeps a ledger of every call. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Asked, readPrompt, writeDocument } from './documents.ts';

/** `echo`: the caller's key is repeated, in an error or in a reply that is no document. */
export type ModelFault = 'none' | 'hang' | '429' | '500' | 'garbage' | 'echo in error' | 'echo in reply';

export interface ModelCall extends Asked {
  /** By this process's clock, in milliseconds. */
  readonly startedAt: number;
  endedAt?: number;
  /** `broken`: the caller left before the reply was whole. */
  outcome: 'open' | 'answered' | 'failed' | 'broken';
}

/** Tokens that every reply says it took. */
export const usageOfCall = { inputTokens: 11, outputTokens: 7 };

interface ChatRequest {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

export class ModelServer {
  readonly calls: ModelCall[] = [];
  readonly #server: Server;
  latencyMs = 0;
  /** Asked once for each call. */
  chooseFault: (asked: Asked) => ModelFault = () => 'none';

  private constructor() {
    this.#server = createServer((incoming, response) => {
      this.#answer(incoming, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<ModelServer> {
    const model = new ModelServer();
    model.#server.listen(0, '127.0.0.1');
    await once(model.#server, 'listening');
    return model;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  heal(): void {
    this.chooseFault = () => 'none';
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { messages } = (await json(incoming)) as ChatRequest;
    const asked = readPrompt(textOf(messages.find(({ role }) => role === 'user')?.content));
    const call: ModelCall = { ...asked, startedAt: Date.now(), outcome: 'open' };
    this.calls.push(call);
    response.once('close', () => {
      if (call.outcome === 'open') call.outcome = 'broken';
      call.endedAt = Date.now();
    });
    const fault = this.chooseFault(asked);
    if (fault === 'none') return this.#write(call, response);
    call.outcome = 'failed';
    fail(fault, incoming.headers.authorization ?? '', response);
  }

  async #write(call: ModelCall, response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const text = JSON.stringify(writeDocument(call));
    const half = Math.ceil(text.length / 2);
    for (const piece of [text.slice(0, half), text.slice(half)]) {
      if (this.latencyMs > 0) await sleep(this.latencyMs / 2);
      response.write(chunk(piece));
    }
    if (response.destroyed) return;
    call.outcome = 'answered';
    response.end(`${chunk(null)}${usageChunk}data: [DONE]\n\n`);
  }
}

/** Content is a text, or parts of which one is a text. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return (content as { text?: string }[] | undefined)?.map(({ text }) => text ?? '').join('') ?? '';
}

function fail(fault: ModelFault, key: string, response: ServerResponse): void {
  const [status, message] = errors(key)[fault] ?? [];
  if (fault === 'hang') return;
  if (status !== undefined) {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message, type: 'fault', code: 'fault' } }));
    return;
  }
  const text = fault === 'garbage' ? '{"title": 7, "no": [' : JSON.stringify({ title: key, key });
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(`${chunk(text)}${chunk(null)}${usageChunk}data: [DONE]\n\n`);
}

const errors = (key: string): Partial<Record<ModelFault, readonly [number, string]>> => ({
  '429': [429, 'slow down'],
  '500': [500, 'no'],
  'echo in error': [400, `the key ${key} may not do that`],
});

function chunk(content: string | null): string {
  const choice = {
    index: 0,
    delta: content === null ? {} : { content },
    finish_reason: content === null ? 'stop' : null,
  };
  return `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', choices: [choice] })}\n\n`;
}

const usageChunk = `data: ${JSON.stringify({
  id: 'c1',
  choices: [],
  usage: {
    prompt_tokens: usageOfCall.inputTokens,
    completion_tokens: usageOfCall.outputTokens,
    total_tokens: usageOfCall.inputTokens + usageOfCall.outputTokens,
  },
})}\n\n`;
