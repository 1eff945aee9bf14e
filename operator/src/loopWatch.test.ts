import { VirtualClock } from '@story-tasks/contracts/test';
import { createLogger } from '@story-tasks/runtime';
import { beforeEach, expect, test } from 'vitest';
import { limits } from './limits.ts';
import { LoopWatch } from './loopWatch.ts';
import { everyTick } from './reconciler.ts';

let clock: VirtualClock;
let watch: LoopWatch;
beforeEach(() => {
  clock = new VirtualClock();
  watch = new LoopWatch(clock, createLogger('test', 'silent'));
});

type Tick = (ending: () => boolean) => Promise<unknown>;
const loop = (name: string, tick: Tick) => watch.over(name, { tick }, (watched) => everyTick(watched, 2_000, clock));
const quick = async () => undefined;
const forEver = () => new Promise<never>(() => undefined);
const alive = { ok: true };
const silent = (...silentLoops: string[]) => ({ ok: false, silentLoops });

test('loops that turn are alive, however long they live', async () => {
  loop('one', quick);
  loop('other', quick);
  await clock.pass(10 * limits.silentLoopMs);
  expect(watch.health()).toEqual(alive);
});

test('a loop whose tick never ends is told by its name when its time is up, and the others are not', async () => {
  loop('one', quick);
  loop('hung', forEver);
  await clock.pass(limits.silentLoopMs);
  expect(watch.health()).toEqual(alive);
  await clock.pass(1);
  expect(watch.health()).toEqual(silent('hung'));
});

test('a long tick that gets on is alive: it asks from time to time whether to end', async () => {
  loop('long', async (ending) => {
    while (!ending()) await new Promise<void>((resolve) => clock.after(60_000, resolve));
  });
  await clock.pass(5 * limits.silentLoopMs);
  expect(watch.health()).toEqual(alive);
});

test('a loop that has stopped owes nothing; one that is to stop and cannot does', async () => {
  await loop('gone', quick).stop();
  void loop('hung', forEver).stop();
  await clock.pass(limits.silentLoopMs + 1);
  expect(watch.health()).toEqual(silent('hung'));
});
