import { performance } from 'node:perf_hooks';
import { describe, expect, test } from 'vitest';
import type { Step, StepInputs, StepOutputs } from './gateway.ts';
import { parseOfflineFault } from './offlineFault.ts';
import { createOfflineGateway } from './offlineGateway.ts';
import { constitution, constitutionRequest, document } from './testRequests.ts';

/** Writes the one document of these tests whatever it is asked for. */
function write<S extends Step>(_step: S, _input: StepInputs[S]): StepOutputs[S] {
  return constitution as StepOutputs[S];
}
const HOUR_MS = 3_600_000;

describe('the offline provider', () => {
  test('says what it is', () => {
    const gateway = createOfflineGateway({ write, latencyMs: 0 });
    expect(gateway).toMatchObject({ provider: 'offline', model: 'offline-storyteller', offline: true });
  });

  test('gives what the writer wrote, and counts a token for every four characters', async () => {
    const request = constitutionRequest({ prompt: { system: '12345', user: '678' } });
    const reply = await createOfflineGateway({ write, latencyMs: 0 }).generate(request);
    const outputTokens = Math.ceil(document.length / 4);
    expect(reply).toEqual({ value: constitution, usage: { inputTokens: 2, outputTokens } });
  });

  test('takes as long as it is told to, and reports progress meanwhile', async () => {
    const progress: number[] = [];
    const started = performance.now();
    const onProgress = (characters: number) => progress.push(characters);
    await createOfflineGateway({ write, latencyMs: 40 }).generate(constitutionRequest({ onProgress }));
    expect(performance.now() - started).toBeGreaterThanOrEqual(36);
    expect(progress).toHaveLength(4);
    expect(progress).toEqual([...progress].sort((one, other) => one - other));
    expect(progress.at(-1)).toBe(document.length);
  });

  test('stops waiting at once when the caller aborts, and rejects with its reason', async () => {
    const caller = new AbortController();
    const request = constitutionRequest({ signal: caller.signal });
    const failed = createOfflineGateway({ write, latencyMs: HOUR_MS }).generate(request);
    const reason = new Error('cancelled');
    caller.abort(reason);
    await expect(failed).rejects.toBe(reason);
  });

  test('writes nothing for a signal that is already aborted', async () => {
    const reason = new Error('cancelled');
    const never = () => {
      throw new Error('written');
    };
    const gateway = createOfflineGateway({ write: never, latencyMs: 0 });
    await expect(gateway.generate(constitutionRequest({ signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
  });

  test('refuses a document of its writer that does not fit', async () => {
    const wrong = <S extends Step>() => ({ ...constitution, title: '' }) as StepOutputs[S];
    const failed = createOfflineGateway({ write: wrong, latencyMs: 0 }).generate(constitutionRequest());
    await expect(failed).rejects.toMatchObject({ code: 'LLM_INVALID_OUTPUT' });
  });

  test('fails the call it is told to, with the code it is told, and no other', async () => {
    const fail = parseOfflineFault('constitution:2:LLM_UNAVAILABLE');
    const gateway = createOfflineGateway({ write, latencyMs: 0, fail });
    await gateway.generate(constitutionRequest());
    const second = gateway.generate(constitutionRequest());
    await expect(second).rejects.toMatchObject({ code: 'LLM_UNAVAILABLE', kind: 'retryable' });
    await expect(gateway.generate(constitutionRequest())).resolves.toMatchObject({ value: constitution });
  });
});

describe('OFFLINE_FAIL', () => {
  test('is a step, a call from 1 and a code', () => {
    expect(parseOfflineFault('scenelet:3:LLM_BLOCKED')).toEqual({ step: 'scenelet', call: 3, code: 'LLM_BLOCKED' });
  });

  test.each([
    '',
    'scenelet',
    'scenelet:3',
    'chapter:3:LLM_AUTH',
    'scenelet:0:LLM_AUTH',
    'scenelet:x:LLM_AUTH',
    'scenelet:3:OOPS',
    'scenelet:3:LLM_AUTH:',
    'toString:1:LLM_AUTH',
    'scenelet:1:toString',
  ])('refuses "%s" and says what is allowed', (text) => {
    expect(() => parseOfflineFault(text)).toThrow(/scenelet:3:LLM_UNAVAILABLE.*visualDesign.*LLM_RATE_LIMITED/);
  });
});
