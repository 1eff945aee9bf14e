/**
 * From what the AI SDK throws to an LlmError. Only a status, a wait and known names cross over: the SDK's errors hold
 * the request, the reply and its headers, and a provider may echo a key or a prompt in any of them.
 *
 * | the SDK says                                       | code               |
 * |----------------------------------------------------|--------------------|
 * | 401, 403, any 4xx with reason API_KEY_INVALID      | LLM_AUTH           |
 * | 429                                                | LLM_RATE_LIMITED   |
 * | 408, a silent server given up by Node's fetch      | LLM_TIMEOUT        |
 * | 5xx, no status (network), a stream that broke off  | LLM_UNAVAILABLE    |
 * | other 4xx                                          | LLM_BAD_REQUEST    |
 * | a success that is not the API's JSON               | LLM_INVALID_OUTPUT |
 * | anything else (the call was never made)            | LLM_BAD_REQUEST    |
 */
import {
  APICallError,
  EmptyResponseBodyError,
  InvalidResponseDataError,
  JSONParseError,
  NoContentGeneratedError,
  NoOutputGeneratedError,
  StreamProviderError,
  TypeValidationError,
} from 'ai';
import { LlmError } from './errors.ts';

/**
 * @param error what the SDK threw, or reported as an error part of a stream
 * @param now milliseconds since the epoch, for a Retry-After that names a date
 */
export function toLlmError(error: unknown, now: number): LlmError {
  if (APICallError.isInstance(error)) return fromApiCall(error, now);
  if (StreamProviderError.isInstance(error)) return fromStatus(error.statusCode ?? 500);
  if (isStreamWithoutEnd(error)) return new LlmError('LLM_UNAVAILABLE', 'The stream ended before the reply did.');
  if (isUnreadableReply(error)) return unreadableReply();
  return new LlmError('LLM_BAD_REQUEST', `The call to the model could not be made (${nameOf(error)}).`);
}

function fromApiCall(error: APICallError, now: number): LlmError {
  const status = error.statusCode;
  if (status === undefined || (status < 400 && error.isRetryable)) return fromNetwork(error);
  if (status < 400) return unreadableReply();
  if (saysKeyIsInvalid(error.data)) return fromStatus(401);
  return fromStatus(status, retryAfter(error, now));
}

function fromNetwork(error: APICallError): LlmError {
  if (codesOf(error).some((code) => /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/.test(code))) {
    return new LlmError('LLM_TIMEOUT', 'The provider stayed silent for too long.');
  }
  return new LlmError('LLM_UNAVAILABLE', 'The provider could not be reached, or broke the connection.');
}

function fromStatus(status: number, retryAfterMs?: number): LlmError {
  if (status === 429)
    return new LlmError('LLM_RATE_LIMITED', 'The provider limits the rate of calls (HTTP 429).', { retryAfterMs });
  if (status === 401 || status === 403) return new LlmError('LLM_AUTH', 'The provider refused the API key.');
  if (status === 408) return new LlmError('LLM_TIMEOUT', 'The provider timed out (HTTP 408).');
  if (status >= 500) return new LlmError('LLM_UNAVAILABLE', `The provider failed (HTTP ${status}).`, { retryAfterMs });
  const hint = status === 404 ? '; check LLM_MODEL and LLM_BASE_URL' : '';
  return new LlmError('LLM_BAD_REQUEST', `The provider refused the request (HTTP ${status}${hint}).`);
}

/** Gemini answers a wrong key with 400 and says so in the details alone. */
function saysKeyIsInvalid(data: unknown): boolean {
  return detailsOf(data).some((detail) => detail['reason'] === 'API_KEY_INVALID');
}

/** Milliseconds: the headers `retry-after-ms` and `retry-after` (seconds or a date), then Gemini's RetryInfo ("34s"). */
function retryAfter(error: APICallError, now: number): number | undefined {
  const headers = error.responseHeaders ?? {};
  const header = headers['retry-after'];
  const waits = [
    Number.parseFloat(headers['retry-after-ms'] ?? ''),
    header !== undefined && /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header ?? '') - now,
    ...detailsOf(error.data).map((detail) => Number.parseFloat(String(detail['retryDelay'])) * 1000),
  ];
  const wait = waits.find((ms) => Number.isFinite(ms));
  return wait === undefined ? undefined : Math.max(0, Math.round(wait));
}

/** The `error.details` of a google.rpc.Status; empty for everything else. */
function detailsOf(data: unknown): Record<string, unknown>[] {
  const details = recordOf(recordOf(data)['error'])['details'];
  return Array.isArray(details) ? details.map(recordOf) : [];
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** The codes along the chain of causes. */
function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const code = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  return [...code, ...codesOf(error.cause)];
}

/** The OpenAI-compatible provider reports it as invalid data without the data; Gemini's has a finish reason for it. */
function isStreamWithoutEnd(error: unknown): boolean {
  return InvalidResponseDataError.isInstance(error) && error.data === undefined;
}

const unreadableKinds = [
  EmptyResponseBodyError,
  InvalidResponseDataError,
  JSONParseError,
  NoContentGeneratedError,
  NoOutputGeneratedError,
  TypeValidationError,
];

function isUnreadableReply(error: unknown): boolean {
  return unreadableKinds.some((kind) => kind.isInstance(error));
}

function unreadableReply(): LlmError {
  return new LlmError('LLM_INVALID_OUTPUT', 'The provider answered with something that is not a reply of its API.');
}

/** The class of an error is ours to show; a name that is not one word may be data. */
function nameOf(error: unknown): string {
  return error instanceof Error && /^\w{1,60}$/.test(error.name) ? error.name : 'unknown';
}
