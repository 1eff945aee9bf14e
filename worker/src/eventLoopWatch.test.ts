import { expect, test } from 'vitest';
import { EventLoopWatch, watchEventLoop } from './eventLoopWatch.ts';

test('ticks in time are no stall, nor are late ones within the limit', () => {
  const watch = new EventLoopWatch(2_000, 0);
  for (const now of [500, 1_000, 3_500]) watch.tick(now);
  expect(watch.stall(3_600)).toBeNull();
});

test('a stall is known as soon as it is over, before the next tick, and stays known', () => {
  const watch = new EventLoopWatch(2_000, 0);
  watch.tick(500);
  const stall = { milliseconds: 9_500, endedAt: 10_500 };
  expect(watch.stall(10_500)).toEqual(stall);
  watch.tick(11_000);
  expect(watch.stall(11_200)).toEqual(stall);
});

test('a loop that is really blocked is noticed', async () => {
  const watch = watchEventLoop(50);
  const blockedFor = 1_000;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockedFor);
  const stall = watch.stall(performance.now());
  expect(stall?.milliseconds).toBeGreaterThanOrEqual(blockedFor - 550);
});
