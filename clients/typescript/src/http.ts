/** Requests to the API: headers, limits of time, retries, and answers checked by the schemas that the API itself uses. */
import { type Problem, pause, problemSchema, systemWorld } from '@story-tasks/contracts';
import type { z } from 'zod';
import { ClientUsageError, StoryTasksConnectionError, StoryTasksError, UnexpectedAnswerError } from './errors.ts';
import { retryDelayMs } from './retry.ts';

export interface ClientSettings {
  /** Where the API is, as http://story-tasks:8080; a path before /api is kept. */
  readonly url: string;
  /** Sent as a bearer token. A function is asked for each request, so that a token that is renewed stays good. */
  readonly token?: string | (() => string | Promise<string>) | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** For each request, in milliseconds; 30,000 by default. */
  readonly timeoutMs?: number | undefined;
  /** How often a call is made again when that is safe; 4 by default, 0: never. */
  readonly retries?: number | undefined;
}

export interface CallOptions {
  /** Breaks the call off; it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** For each request of the call, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  readonly retries?: number | undefined;
}

export interface Call {
  readonly method: 'GET' | 'POST';
  /** From /api on, with its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly repeatable: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

export class Http {
  readonly #base: string;
  readonly #settings: ClientSettings;

  /** @throws ClientUsageError when the URL is none to make requests to */
  constructor(settings: ClientSettings) {
    this.#base = baseOf(settings.url);
    this.#settings = settings;
  }

  /**
   * Makes a call, again where that is safe and of use.
   * @throws StoryTasksError, StoryTasksConnectionError, UnexpectedAnswerError; the reason of the options' signal
   */
  async json<S extends z.ZodType>(call: Call, schema: S, options: CallOptions): Promise<z.output<S>> {
    return parsed(schema, (await this.send(call, options)).text);
  }

  /** As `json`, with the answer as it came. */
  async send(call: Call, options: CallOptions): Promise<HttpAnswer> {
    const retries = options.retries ?? this.#settings.retries ?? 4;
    for (let failures = 1; ; failures += 1) {
      try {
        return await this.#once(call, options);
      } catch (error) {
        options.signal?.throwIfAborted();
        const delay = retryDelayMs({ error, failures, retries, repeatable: call.repeatable });
        if (delay === undefined) throw error;
        await pause(systemWorld.clock, delay, options.signal);
      }
    }
  }

  async #once(call: Call, options: CallOptions): Promise<HttpAnswer> {
    const limit = AbortSignal.timeout(this.#timeoutMs(options));
    const response = await this.#request(call, anyOf(limit, options.signal));
    const text = await response.text().catch((error: unknown) => {
      throw connectionError(this.#base, error);
    });
    if (response.ok) return { status: response.status, text };
    throw refusal(response, text);
  }

  /** Makes one request, and returns with its body still to be read: only until then is the time limited. */
  async open(call: Call, options: CallOptions): Promise<Response> {
    const limit = new AbortController();
    const late = () => limit.abort(new DOMException('late', 'TimeoutError'));
    const timer = setTimeout(late, this.#timeoutMs(options));
    try {
      const response = await this.#request(call, anyOf(limit.signal, options.signal));
      if (response.ok) return response;
      throw refusal(response, await response.text().catch(() => ''));
    } finally {
      clearTimeout(timer);
    }
  }

  async #request({ method, path, body, headers }: Call, signal: AbortSignal): Promise<Response> {
    const all = new Headers({ Accept: 'application/json', ...headers, ...(await this.#authorization()) });
    if (body !== undefined) all.set('Content-Type', 'application/json');
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const call = this.#settings.fetch ?? fetch;
    // A redirect would turn a POST into a GET, or take the token elsewhere.
    return call(`${this.#base}${path}`, { method, headers: all, ...sent, signal, redirect: 'manual' }).catch(
      (error: unknown) => {
        throw connectionError(this.#base, error);
      },
    );
  }

  #timeoutMs(options: CallOptions): number {
    return options.timeoutMs ?? this.#settings.timeoutMs ?? 30_000;
  }

  async #authorization(): Promise<Record<string, string>> {
    const { token } = this.#settings;
    const value = (typeof token === 'function' ? await token() : token)?.trim();
    if (value === undefined || value === '') return {};
    if (!/^[\x21-\x7e]+$/.test(value)) throw new ClientUsageError('The token is not one that a header can carry.');
    return { Authorization: `Bearer ${value}` };
  }
}

function baseOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url && ['http:', 'https:'].includes(url.protocol) && url.username + url.password === '';
  if (!plain || url.search + url.hash !== '') {
    throw new ClientUsageError('The API’s URL must be as http://host:port, without user, query or fragment.');
  }
  return url.href.replace(/\/+$/, '');
}

function anyOf(limit: AbortSignal, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? limit : AbortSignal.any([limit, signal]);
}

/** @throws UnexpectedAnswerError */
export function parsed<S extends z.ZodType>(schema: S, text: string): z.output<S> {
  const result = schema.safeParse(jsonIn(text));
  if (result.success) return result.data;
  const at = result.error.issues[0]?.path.join('.') || 'the whole';
  throw new UnexpectedAnswerError(`The answer is not as this client knows it (${at}): is the API of this version?`);
}

export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(response: Response, text: string): StoryTasksError {
  const told = problemSchema.safeParse(jsonIn(text));
  const after = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new StoryTasksError(
    told.success ? { ...told.data, status: response.status } : strangeProblem(response),
    Number.isFinite(after) && after >= 0 ? after : undefined,
  );
}

/** Of a gateway in between, or of something else altogether. What it said may be a whole page, and stays unsaid. */
function strangeProblem({ status, statusText }: Response): Problem {
  const detail = `HTTP ${status} ${statusText}`.trimEnd();
  return {
    type: 'about:blank',
    title: statusText,
    status,
    code: `HTTP_${status}`,
    detail: `${detail}, and not from the API itself: a gateway’s answer, or another URL.`,
  };
}

/** Faults before the first byte was sent, where they come of connecting: some of them can end a connection too. */
const neverSentCodes = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];
/** System calls on a connection that stands. */
const afterwards = ['read', 'write'];

/** Its message names the place and the system's own code, and nothing of the request. */
function connectionError(base: string, error: unknown): StoryTasksConnectionError {
  const { cause } = error as { cause?: { code?: unknown; syscall?: unknown } };
  const code = String(cause?.code ?? '');
  const neverSent = neverSentCodes.includes(code) && !afterwards.includes(String(cause?.syscall ?? ''));
  const late = (error as { name?: string }).name === 'TimeoutError';
  const why = late ? 'no answer in time' : code || 'the connection broke off';
  return new StoryTasksConnectionError(`The API at ${base} cannot be reached (${why}).`, neverSent, { cause: error });
}
