import { describe, expect, test } from 'vitest';
import { LlmError, type LlmErrorCode } from './errors.ts';
import { withRetries } from './retry.ts';
import { recordingWorld } from './testDialects.ts';

const signal = new AbortController().signal;

/** Fails with each error in turn, then succeeds with the number of calls made. */
function failing(...errors: unknown[]) {
  let calls = 0;
  return async () => {
    calls += 1;
    const error = errors[calls - 1];
    if (error !== undefined) throw error;
    return calls;
  };
}
const error = (code: LlmErrorCode, retryAfterMs?: number) => new LlmError(code, 'x', { retryAfterMs });

describe('a call that fails', () => {
  test('is made again after waits that grow', async () => {
    const world = recordingWorld();
    const calls = await withRetries(failing(error('LLM_UNAVAILABLE'), error('LLM_UNAVAILABLE')), world, signal);
    expect(calls).toBe(3);
    expect(world.slept).toEqual([750, 1500]);
  });

  test.each([
    [0, 500],
    [0.999, 1000],
  ])('waits between half a second and one, by chance (%d)', async (chance, expected) => {
    const world = recordingWorld(chance);
    await withRetries(failing(error('LLM_UNAVAILABLE')), world, signal);
    expect(world.slept).toEqual([expected]);
  });

  test('waits as long as the provider asks, but no longer than twenty seconds', async () => {
    const world = recordingWorld();
    const attempt = failing(error('LLM_RATE_LIMITED', 0), error('LLM_RATE_LIMITED', 60_000));
    await withRetries(attempt, world, signal);
    expect(world.slept).toEqual([0, 20_000]);
  });

  test.each([
    error('LLM_TIMEOUT'),
    error('LLM_AUTH'),
    error('LLM_BLOCKED'),
    error('LLM_BAD_REQUEST'),
    error('LLM_INVALID_OUTPUT'),
    new Error('not ours'),
  ])('is not made again after %s', async (thrown) => {
    const world = recordingWorld();
    await expect(withRetries(failing(thrown), world, signal)).rejects.toBe(thrown);
    expect(world.slept).toEqual([]);
  });
});
