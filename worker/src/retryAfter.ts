/** When a run that failed retryably is tried again. */
import type { Chance } from '@story-tasks/contracts';

const firstMs = 5_000;
const longestMs = 300_000;

/**
 * 5 s, doubled with each attempt spent, at most five minutes; of that at least half, the rest is left to chance, so that
 * what failed together does not come back together.
 *
 * @param attemptsSpent before the one that has just failed
 * @returns milliseconds from now
 */
export function retryAfterMs(attemptsSpent: number, chance: Pick<Chance, 'fraction'>): number {
  return Math.min(longestMs, firstMs * 2 ** attemptsSpent) * (0.5 + chance.fraction() / 2);
}
