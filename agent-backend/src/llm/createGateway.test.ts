import { describe, expect, test } from 'vitest';
import { createGateway, DEFAULT_GEMINI_MODEL } from './createGateway.ts';
import { llmEnvSchema, llmSettings } from './settings.ts';

function gatewayOf(env: Record<string, string>) {
  return createGateway(llmSettings(llmEnvSchema.parse(env)), () => {
    throw new Error('not called');
  });
}

describe('the provider', () => {
  const url = 'http://vllm:8000/v1';
  test.each([
    ['nothing is set', {}, 'offline', 'offline-storyteller'],
    [
      'everything is blank',
      { LLM_PROVIDER: '', GEMINI_API_KEY: ' ', LLM_BASE_URL: '' },
      'offline',
      'offline-storyteller',
    ],
    ['there is a Gemini key', { GEMINI_API_KEY: 'k' }, 'gemini', DEFAULT_GEMINI_MODEL],
    ['a Gemini model is named', { GEMINI_API_KEY: 'k', LLM_MODEL: 'gemini-x' }, 'gemini', 'gemini-x'],
    [
      'offline is named beside a key',
      { GEMINI_API_KEY: 'k', LLM_PROVIDER: 'offline' },
      'offline',
      'offline-storyteller',
    ],
    [
      'a server in the cluster is named',
      { LLM_PROVIDER: 'openai-compatible', LLM_BASE_URL: url, LLM_MODEL: 'qwen' },
      'openai-compatible',
      'qwen',
    ],
  ])('when %s', (_name, env, provider, model) => {
    expect(gatewayOf(env)).toMatchObject({ provider, model, offline: provider === 'offline' });
  });
});

describe('a setting that is missing or wrong is named', () => {
  test.each([
    [{ LLM_PROVIDER: 'gemini' }, 'set GEMINI_API_KEY'],
    [{ LLM_PROVIDER: 'openai-compatible', LLM_MODEL: 'm' }, 'set LLM_BASE_URL'],
    [{ LLM_PROVIDER: 'openai-compatible', LLM_BASE_URL: 'http://h' }, 'set LLM_MODEL'],
    [{ LLM_BASE_URL: 'http://h', GEMINI_API_KEY: 'k' }, 'set LLM_PROVIDER'],
    [{ OFFLINE_FAIL: 'scenelet' }, 'OFFLINE_FAIL must be step:call:CODE'],
  ])('%o', (env, message) => {
    expect(() => gatewayOf(env)).toThrow(expect.objectContaining({ code: 'LLM_MISCONFIGURED', kind: 'fatal' }));
    expect(() => gatewayOf(env)).toThrow(message);
  });
});

describe('the environment', () => {
  test('has defaults', () => {
    const settings = llmSettings(llmEnvSchema.parse({}));
    expect(settings).toMatchObject({ timeoutMs: 120_000, stream: true, offlineLatencyMs: 0 });
  });

  test('is read with blanks as unset and without the newline of a mounted secret', () => {
    const env = { GEMINI_API_KEY: 'key\n', LLM_TIMEOUT_SECONDS: '', LLM_STREAM: 'false', OFFLINE_LATENCY_MS: '250' };
    const settings = llmSettings(llmEnvSchema.parse(env));
    expect(settings).toMatchObject({ geminiApiKey: 'key', timeoutMs: 120_000, stream: false, offlineLatencyMs: 250 });
  });

  test.each([
    { LLM_PROVIDER: 'other' },
    { LLM_BASE_URL: 'vllm:8000' },
    { LLM_TIMEOUT_SECONDS: '0' },
    { LLM_TIMEOUT_SECONDS: 'soon' },
    { LLM_STREAM: 'maybe' },
    { OFFLINE_LATENCY_MS: '-1' },
  ])('refuses %o, and says which variable', (env) => {
    const [issue] = llmEnvSchema.safeParse(env).error?.issues ?? [];
    expect(issue?.path).toEqual(Object.keys(env));
  });

  test('takes fractions of a second as whole milliseconds', () => {
    expect(llmSettings(llmEnvSchema.parse({ LLM_TIMEOUT_SECONDS: '1.1' })).timeoutMs).toBe(1100);
  });

  test('describes every variable, since the documentation is made of it', () => {
    for (const variable of Object.values(llmEnvSchema.shape)) expect(variable.description).toBeTruthy();
  });
});
