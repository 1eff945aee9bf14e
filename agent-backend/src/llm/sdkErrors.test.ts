import { APICallError, InvalidResponseDataError, JSONParseError, StreamProviderError, TypeValidationError } from 'ai';
import { describe, expect, test } from 'vitest';
import { toLlmError } from './sdkErrors.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const secret = 'canary-key-1';

function apiError(fields: Partial<ConstructorParameters<typeof APICallError>[0]>): APICallError {
  return new APICallError({ message: secret, url: `http://host/${secret}`, requestBodyValues: { secret }, ...fields });
}
const coded = (code: string) => Object.assign(new Error(secret), { code });
const limited = (responseHeaders: Record<string, string>, data?: unknown) =>
  apiError({ statusCode: 429, responseHeaders, data });
const rpc = (...details: unknown[]) => ({ error: { code: 400, message: secret, status: 'X', details } });

describe('what the SDK throws becomes a code and a kind', () => {
  test.each([
    ['a 401', apiError({ statusCode: 401 }), 'LLM_AUTH', 'fatal'],
    ['a 403', apiError({ statusCode: 403 }), 'LLM_AUTH', 'fatal'],
    [
      'Gemini’s wrong key',
      apiError({ statusCode: 400, data: rpc({ reason: 'API_KEY_INVALID' }) }),
      'LLM_AUTH',
      'fatal',
    ],
    ['another 400', apiError({ statusCode: 400, data: rpc({ reason: 'OTHER' }) }), 'LLM_BAD_REQUEST', 'fatal'],
    ['a 404', apiError({ statusCode: 404 }), 'LLM_BAD_REQUEST', 'fatal'],
    ['a 408', apiError({ statusCode: 408 }), 'LLM_TIMEOUT', 'retryable'],
    ['a 429', apiError({ statusCode: 429 }), 'LLM_RATE_LIMITED', 'retryable'],
    ['a 500', apiError({ statusCode: 500 }), 'LLM_UNAVAILABLE', 'retryable'],
    ['a 503', apiError({ statusCode: 503 }), 'LLM_UNAVAILABLE', 'retryable'],
    ['a refused connection', apiError({ cause: coded('ECONNREFUSED') }), 'LLM_UNAVAILABLE', 'retryable'],
    ['a silent server', apiError({ cause: coded('UND_ERR_HEADERS_TIMEOUT') }), 'LLM_TIMEOUT', 'retryable'],
    ['a reset inside a reply', apiError({ statusCode: 200, isRetryable: true }), 'LLM_UNAVAILABLE', 'retryable'],
    ['a reply of no known shape', apiError({ statusCode: 200 }), 'LLM_INVALID_OUTPUT', 'retryable'],
    [
      'a 429 inside a stream',
      new StreamProviderError({ message: secret, statusCode: 429 }),
      'LLM_RATE_LIMITED',
      'retryable',
    ],
    [
      'an error of no status inside a stream',
      new StreamProviderError({ message: secret }),
      'LLM_UNAVAILABLE',
      'retryable',
    ],
    [
      'a stream without an end',
      new InvalidResponseDataError({ data: undefined, message: secret }),
      'LLM_UNAVAILABLE',
      'retryable',
    ],
    ['a reply without choices', new InvalidResponseDataError({ data: { secret } }), 'LLM_INVALID_OUTPUT', 'retryable'],
    [
      'an event that is not JSON',
      new JSONParseError({ text: secret, cause: coded('X') }),
      'LLM_INVALID_OUTPUT',
      'retryable',
    ],
    [
      'an event of no known shape',
      new TypeValidationError({ value: secret, cause: coded('X') }),
      'LLM_INVALID_OUTPUT',
      'retryable',
    ],
    ['a call that was never made', new TypeError(secret), 'LLM_BAD_REQUEST', 'fatal'],
    ['something that is no error', { secret }, 'LLM_BAD_REQUEST', 'fatal'],
  ])('%s', (_name, thrown, code, kind) => {
    const error = toLlmError(thrown, NOW);
    expect(error).toMatchObject({ code, kind });
    expect(error).not.toHaveProperty('cause');
    expect(error.stack).not.toContain(secret);
  });
});

describe('how long the provider asks to wait', () => {
  test.each([
    ['seconds', limited({ 'retry-after': '7' }), 7000],
    ['a date', limited({ 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT' }), 30_000],
    ['a date that has passed', limited({ 'retry-after': 'Sun, 22 Nov 2026 11:59:00 GMT' }), 0],
    ['milliseconds, which are more exact', limited({ 'retry-after-ms': '1234.4', 'retry-after': '2' }), 1234],
    ['Gemini’s RetryInfo', limited({}, rpc({ reason: 'QUOTA' }, { retryDelay: '34.5s' })), 34_500],
    ['nothing', limited({}), undefined],
    ['nonsense', limited({ 'retry-after': 'soon' }, { error: secret }), undefined],
    ['seconds of a 503', apiError({ statusCode: 503, responseHeaders: { 'retry-after': '3' } }), 3000],
  ])('%s', (_name, thrown, expected) => {
    expect(toLlmError(thrown, NOW).retryAfterMs).toBe(expected);
  });
});

test('the name of an error is shown only when it is one word', () => {
  const named = Object.assign(new Error('x'), { name: `${secret} and more` });
  expect(toLlmError(named, NOW).message).toContain('(unknown)');
  expect(toLlmError(new RangeError('x'), NOW).message).toContain('(RangeError)');
});
