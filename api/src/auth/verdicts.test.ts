import { VirtualClock } from '@story-tasks/contracts/test';
import { UnsecuredJWT } from 'jose';
import { beforeEach, expect, test } from 'vitest';
import { type Verdict, Verdicts } from './verdicts.ts';

let clock: VirtualClock;
/** Every token that was asked about, in order. */
let asked: string[];
let answer: (token: string) => Promise<Verdict>;
let verdicts: Verdicts;

beforeEach(() => {
  clock = new VirtualClock();
  asked = [];
  answer = async (token) => (token.startsWith('bad') ? null : `user of ${token}`);
  verdicts = new Verdicts(
    (token) => {
      asked.push(token);
      return answer(token);
    },
    clock,
    { kept: 3 },
  );
});

test.each([
  ['good', 'user of good', 10_000],
  ['bad', null, 2_000],
])('of a %s token the verdict is kept for its time, and asked for anew after it', async (token, verdict, keptMs) => {
  expect(await verdicts.of(token)).toBe(verdict);
  await clock.pass(keptMs - 1);
  expect(await verdicts.of(token)).toBe(verdict);
  expect(asked).toEqual([token]);
  await clock.pass(1);
  await verdicts.of(token);
  expect(asked).toEqual([token, token]);
});

test('a token that expires sooner is not taken for good after that', async () => {
  const expiring = (seconds: number) => new UnsecuredJWT({ exp: Math.floor(clock.date() / 1_000) + seconds }).encode();
  const token = expiring(4);
  await verdicts.of(token);
  await clock.pass(4_000);
  await verdicts.of(token);
  expect(asked).toEqual([token, token]);
  const past = expiring(-1);
  await verdicts.of(past);
  await verdicts.of(past);
  expect(asked.slice(2)).toEqual([past, past]);
});

test('a token that says that it lasts for ever is asked about as often as any other', async () => {
  const token = new UnsecuredJWT({ exp: 9_999_999_999 }).encode();
  await verdicts.of(token);
  await clock.pass(10_000);
  await verdicts.of(token);
  expect(asked).toHaveLength(2);
});

test('all that ask about a token at once share one question, and another token has its own', async () => {
  const owed = Promise.withResolvers<Verdict>();
  answer = (token) => (token === 'slow' ? owed.promise : Promise.resolve(`user of ${token}`));
  const many = Array.from({ length: 50 }, () => verdicts.of('slow'));
  expect(await verdicts.of('other')).toBe('user of other');
  owed.resolve('user of slow');
  expect(new Set(await Promise.all(many))).toEqual(new Set(['user of slow']));
  expect(asked).toEqual(['slow', 'other']);
});

test('a question that was not answered is asked again by the next, and whoever waited is told', async () => {
  answer = () => Promise.reject(new Error('away'));
  const waiting = [verdicts.of('good'), verdicts.of('good')];
  for (const { status } of await Promise.allSettled(waiting)) expect(status).toBe('rejected');
  answer = async () => 'user of good';
  expect(await verdicts.of('good')).toBe('user of good');
  expect(asked).toEqual(['good', 'good']);
});

test('an outage does not stretch a verdict', async () => {
  await verdicts.of('good');
  await clock.pass(10_000);
  answer = () => Promise.reject(new Error('away'));
  await expect(verdicts.of('good')).rejects.toThrow('away');
});

test('the verdicts that were used last are kept, and no flood of bad tokens pushes out a good one', async () => {
  for (const token of ['a', 'b', 'c', 'a', 'd']) await verdicts.of(token);
  for (let n = 0; n < 20; n += 1) await verdicts.of(`bad-${n}`);
  asked = [];
  for (const token of ['a', 'c', 'd', 'b']) await verdicts.of(token);
  expect(asked).toEqual(['b']);
});
