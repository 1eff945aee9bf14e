/** For tests: the two wire formats, so that one test is run against both. */

import { systemWorld, type World } from '@story-tasks/contracts';
import { createGateway } from './createGateway.ts';
import type { LlmGateway } from './gateway.ts';
import { type Answer, events, json } from './testServer.ts';

export const TEST_KEY = 'canary-key-5f1e7d';
/** Token counts of every reply below. */
export const TEST_USAGE = { inputTokens: 11, outputTokens: 7 };

interface GatewayOptions {
  readonly stream?: boolean;
  readonly timeoutMs?: number;
  readonly world?: World;
}

export interface Dialect {
  readonly name: string;
  readonly path: { readonly plain: string; readonly streamed: string };
  readonly keyHeader: readonly [name: string, value: string];
  /** Where a request carries its JSON schema, and its response format. */
  schemaOf(body: string): unknown;
  formatOf(body: string): unknown;
  reply(text: string): Answer;
  /** One event per piece, then the end of the reply; `open` stops before that end. */
  stream(pieces: readonly string[], options?: { open?: boolean }): Answer;
  /** A stream that ends cleanly, but without the end of the reply. */
  brokenOff(text: string): Answer;
  /** A reply cut off at the longest length the model can write. */
  cutOff(text: string): Answer;
  blocked: Record<string, Answer>;
  error(status: number, message: string, headers?: Record<string, string>): Answer;
  errorInStream(status: number, message: string): Answer;
  invalidKey: Answer;
}

const googleUsage = { promptTokenCount: 11, candidatesTokenCount: 5, thoughtsTokenCount: 2, totalTokenCount: 18 };
const google = (text: string, finishReason?: string) => ({
  candidates: [{ content: { role: 'model', parts: [{ text }] }, ...(finishReason ? { finishReason } : {}) }],
  usageMetadata: googleUsage,
});
const googleError = (code: number, message: string, details: unknown[] = []) => ({
  error: { code, message, status: 'STATUS', details },
});
const promptBlocked = { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: googleUsage };

const gemini: Dialect = {
  name: 'gemini',
  path: {
    plain: '/models/test-model:generateContent',
    streamed: '/models/test-model:streamGenerateContent?alt=sse',
  },
  keyHeader: ['x-goog-api-key', TEST_KEY],
  schemaOf: (body) => JSON.parse(body).generationConfig.responseJsonSchema,
  formatOf: (body) => JSON.parse(body).generationConfig.responseMimeType,
  reply: (text) => json(200, google(text, 'STOP')),
  stream: (pieces, options) =>
    events(
      [...pieces.map((piece) => google(piece)), ...(options?.open ? [] : [google('', 'STOP')])].map((event) =>
        JSON.stringify(event),
      ),
      options,
    ),
  brokenOff: (text) => events([JSON.stringify(google(text))]),
  cutOff: (text) => json(200, google(text, 'MAX_TOKENS')),
  blocked: {
    'a blocked prompt': json(200, promptBlocked),
    'a reply stopped for safety': json(200, google('', 'SAFETY')),
    'a streamed blocked prompt': events([JSON.stringify(promptBlocked)]),
    'a stream stopped for safety': events([JSON.stringify(google('{"ti', 'SAFETY'))]),
  },
  error: (status, message, headers) => json(status, googleError(status, message), headers),
  errorInStream: (status, message) =>
    events([JSON.stringify(google('{"ti')), JSON.stringify(googleError(status, message))]),
  invalidKey: json(
    400,
    googleError(400, `API key not valid: ${TEST_KEY}`, [
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' },
    ]),
  ),
};

const openaiUsage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
const openai = (content: string, finish_reason: string) => ({
  id: 'c1',
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason }],
  usage: openaiUsage,
});
const piece = (content: string | null, finish_reason: string | null = null) =>
  JSON.stringify({
    id: 'c1',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta: content === null ? {} : { content }, finish_reason }],
  });
const openaiEnd = [piece(null, 'stop'), JSON.stringify({ id: 'c1', choices: [], usage: openaiUsage }), '[DONE]'];

const openaiCompatible: Dialect = {
  name: 'openai-compatible',
  path: { plain: '/chat/completions', streamed: '/chat/completions' },
  keyHeader: ['authorization', `Bearer ${TEST_KEY}`],
  schemaOf: (body) => JSON.parse(body).response_format.json_schema.schema,
  formatOf: (body) => JSON.parse(body).response_format.type,
  reply: (text) => json(200, openai(text, 'stop')),
  stream: (pieces, options) =>
    events([...pieces.map((text) => piece(text)), ...(options?.open ? [] : openaiEnd)], options),
  brokenOff: (text) => events([piece(text)]),
  cutOff: (text) => json(200, openai(text, 'length')),
  blocked: {
    'a filtered reply': json(200, openai('', 'content_filter')),
    'a filtered stream': events([piece('{"ti'), piece(null, 'content_filter'), '[DONE]']),
  },
  error: (status, message, headers) => json(status, { error: { message, type: 'test', code: 'test' } }, headers),
  errorInStream: (status, message) =>
    events([piece('{"ti'), JSON.stringify({ error: { message, type: 'test', code: status } })]),
  invalidKey: json(401, { error: { message: `Incorrect API key: ${TEST_KEY}`, code: 'invalid_api_key' } }),
};

export const dialects = [gemini, openaiCompatible];

/** A gateway as `createGateway` wires it, pointed at `url`. No time passes between its tries, unless it is given a world in which it does. */
export function testGateway(dialect: Dialect, url: string, options: GatewayOptions = {}): LlmGateway {
  const { stream = false, timeoutMs = 20_000, world = recordingWorld() } = options;
  const keys = dialect.name === 'gemini' ? { geminiApiKey: TEST_KEY } : { apiKey: TEST_KEY };
  const provider = dialect.name === 'gemini' ? ('gemini' as const) : ('openai-compatible' as const);
  const settings = { provider, model: 'test-model', baseUrl: url, ...keys, timeoutMs, stream, offlineLatencyMs: 0 };
  return createGateway(settings, neverWrites, world);
}

function neverWrites(): never {
  throw new Error('only the offline provider writes');
}

/** Where a wait takes no time at all; it remembers how long each would have been. */
export function recordingWorld(fraction = 0.5): World & { readonly slept: number[] } {
  const slept: number[] = [];
  const after = (milliseconds: number, callback: () => void) => {
    slept.push(milliseconds);
    queueMicrotask(callback);
    return () => undefined;
  };
  const clock = { ...systemWorld.clock, date: () => Date.parse('2026-11-22T12:00:00Z'), after };
  return { slept, clock, chance: { ...systemWorld.chance, fraction: () => fraction } };
}
