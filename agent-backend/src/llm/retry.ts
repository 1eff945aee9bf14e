/** A bounded retry of our own, since the SDK's can neither be watched nor driven by a test. */
import { pause, type World } from '@story-tasks/contracts';
import { LlmError } from './errors.ts';

const MAX_RETRIES = 2;
/** A provider that asks for more than this gets a call sooner than it asked; past that the task's own retry serves. */
const MAX_RETRY_AFTER_MS = 20_000;
const BASE_DELAY_MS = 1_000;

/**
 * Calls `attempt` at most three times, again only after LLM_RATE_LIMITED and LLM_UNAVAILABLE.
 * @throws the last error; the signal's reason when it aborts a wait
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { clock, chance }: World,
  signal: AbortSignal,
): Promise<T> {
  for (let retries = 0; ; retries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (retries === MAX_RETRIES || !isWorthARetry(error)) throw error;
      await pause(clock, delayMs(retries, error.retryAfterMs, chance.fraction()), signal);
    }
  }
}

function isWorthARetry(error: unknown): error is LlmError {
  return error instanceof LlmError && (error.code === 'LLM_RATE_LIMITED' || error.code === 'LLM_UNAVAILABLE');
}

/** What the provider asked for; else 0.5 to 1 s, then 1 to 2 s, so that many workers do not come back at once. */
function delayMs(retries: number, retryAfterMs: number | undefined, fraction: number): number {
  if (retryAfterMs !== undefined) return Math.min(retryAfterMs, MAX_RETRY_AFTER_MS);
  return Math.round(BASE_DELAY_MS * 2 ** retries * (0.5 + fraction / 2));
}
