import { VirtualClock } from '@story-tasks/contracts/test';
import { createLogger } from '@story-tasks/runtime';
import { ReplyError } from 'ioredis';
import { beforeEach, expect, test } from 'vitest';
import { type LaneTrouble, tellTrouble } from './laneTrouble.ts';

let clock: VirtualClock;
let lines: Record<string, unknown>[];
let trouble: LaneTrouble;
beforeEach(() => {
  clock = new VirtualClock();
  lines = [];
  trouble = tellTrouble(createLogger('test', 'info', { write: (line) => void lines.push(JSON.parse(line)) }), clock);
});

const denied = () => new ReplyError("NOPERM this user has no permissions to run the 'evalsha' command");

test('the same trouble is told once a minute, with how often it came meanwhile', async () => {
  for (let second = 0; second < 60; second += 1) {
    trouble.loop(denied());
    await clock.pass(1_000);
  }
  expect(lines).toHaveLength(1);
  trouble.loop(denied());
  expect(lines).toMatchObject([{ refusal: 'NOPERM' }, { refusal: 'NOPERM', again: 59 }]);
});

test('another trouble is told at once, by what Redis calls it or by where it was thrown', () => {
  trouble.loop(denied());
  trouble.loop(new ReplyError('OOM command not allowed when used memory > maxmemory'));
  trouble.loop(new Error('could not renew lock for job 1'));
  expect(lines.map(({ refusal }) => refusal)).toEqual(['NOPERM', 'OOM', undefined]);
});
