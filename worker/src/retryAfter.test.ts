import { expect, test } from 'vitest';
import { retryAfterMs } from './retryAfter.ts';

test.each([
  [0, 0, 2_500],
  [0, 1, 5_000],
  [1, 0, 5_000],
  [3, 0.5, 30_000],
  [6, 1, 300_000],
  [19, 0, 150_000],
])('after %i attempts spent, with %d left to chance: %i ms', (spent, fraction, expected) => {
  expect(retryAfterMs(spent, { fraction: () => fraction })).toBe(expected);
});
