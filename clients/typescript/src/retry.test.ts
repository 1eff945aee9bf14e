import { expect, test } from 'vitest';
import { StoryTasksConnectionError, StoryTasksError, UnexpectedAnswerError } from './errors.ts';
import { backoffMs, retryDelayMs } from './retry.ts';

const refusal = (status: number, retryAfter?: number) =>
  new StoryTasksError({ type: 'about:blank', title: 'T', status, code: 'X' }, retryAfter);
const lost = new StoryTasksConnectionError('lost', false);
const neverSent = new StoryTasksConnectionError('refused', true);
const highest = () => 1;

test.each([
  ['a lost answer of a call that may be repeated', lost, true, true],
  ['a lost answer of one that may not', lost, false, false],
  ['a request that was never sent', neverSent, false, true],
  ['503', refusal(503), true, true],
  ['503 of a call that may not be repeated', refusal(503), false, false],
  ['a gateway’s 502', refusal(502), true, true],
  ['429', refusal(429), true, true],
  ['500, which was thought through', refusal(500), true, false],
  ['409', refusal(409), true, false],
  ['an answer of something else', new UnexpectedAnswerError('x'), true, false],
  ['an error of another make', new Error('x'), true, false],
])('after %s', (_, error, repeatable, again) => {
  expect(retryDelayMs({ error, failures: 1, retries: 4, repeatable }) !== undefined).toBe(again);
});

test('a call is made again as often as it may, and no more', () => {
  const delays = [1, 2, 3, 4, 5].map((failures) =>
    retryDelayMs({ error: lost, failures, retries: 4, repeatable: true }, highest),
  );
  expect(delays).toEqual([200, 400, 800, 1_600, undefined]);
  expect(retryDelayMs({ error: neverSent, failures: 1, retries: 0, repeatable: true })).toBeUndefined();
});

test('the API’s own wish is a lower bound, and one beyond half a minute is left to the caller', () => {
  const after = (seconds: number) =>
    retryDelayMs({ error: refusal(503, seconds), failures: 1, retries: 4, repeatable: true }, highest);
  expect([after(0), after(2), after(30), after(31)]).toEqual([200, 2_000, 30_000, undefined]);
});

test('half of a delay is chance, and the longest is five seconds, or what the server asks for', () => {
  expect([backoffMs(1, 200, () => 0), backoffMs(1, 200, () => 0.5)]).toEqual([100, 150]);
  expect([backoffMs(40, 200, highest), backoffMs(40, 9_000, highest)]).toEqual([5_000, 9_000]);
});
