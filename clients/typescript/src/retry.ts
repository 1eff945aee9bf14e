/** Whether a call that failed is made again, and when. */
import { StoryTasksConnectionError, StoryTasksError } from './errors.ts';

export interface Failure {
  readonly error: unknown;
  /** Calls that failed so, this one included. */
  readonly failures: number;
  /** How often a call may be made again. */
  readonly retries: number;
  /** True when a second call does no more than the first: it reads, or names what it makes. */
  readonly repeatable: boolean;
}

/** Statuses of something that passes: gateways answer 502 and 504 for an API that restarts. */
const passing = [429, 502, 503, 504];

/** Longer than this nobody waits inside a call: its caller is told, and may come back. Milliseconds. */
const longestWaitMs = 30_000;

/**
 * | failure                                   | again when                    |
 * |-------------------------------------------|-------------------------------|
 * | it was never sent                         | always: nothing was done      |
 * | no answer; 429, 502, 503, 504             | the call is repeatable        |
 * | any other answer                          | never                         |
 *
 * @returns milliseconds to wait, with jitter, and no less than the API asks for; undefined: not again
 */
export function retryDelayMs(failure: Failure, random: () => number = Math.random): number | undefined {
  const { error, failures, retries, repeatable } = failure;
  if (failures > retries || !isWorthAnother(error, repeatable)) return undefined;
  const asked = error instanceof StoryTasksError ? (error.retryAfter ?? 0) * 1_000 : 0;
  const delay = Math.max(asked, backoffMs(failures, 200, random));
  return delay > longestWaitMs ? undefined : delay;
}

function isWorthAnother(error: unknown, repeatable: boolean): boolean {
  if (error instanceof StoryTasksConnectionError) return repeatable || error.neverSent;
  return repeatable && error instanceof StoryTasksError && passing.includes(error.status);
}

const longestBackoffMs = 5_000;

/**
 * Doubles from the base with each failure, to 5 s or the base itself; half of it by chance, so that many clients do not come
 * back as one.
 */
export function backoffMs(failures: number, baseMs: number, random: () => number = Math.random): number {
  return Math.min(Math.max(longestBackoffMs, baseMs), baseMs * 2 ** (failures - 1)) * (0.5 + random() / 2);
}
