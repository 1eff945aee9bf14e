import type { WorkerControl } from '@story-tasks/contracts';
import { settled, VirtualClock, virtualWorld } from '@story-tasks/contracts/test';
import { beforeEach, expect, test } from 'vitest';
import { Cordons } from './cordons.ts';

let clock: VirtualClock;
let said: WorkerControl[];
let cordons: Cordons;
let ended: boolean;
beforeEach(() => {
  clock = new VirtualClock();
  said = [];
  ended = false;
  cordons = new Cordons({ publish: async (message) => void said.push(message), world: virtualWorld(clock) });
});

const token = () => (said.findLast(({ command }) => command === 'cordon') as { token: string }).token;
const answer = (workerId: string, idle: boolean, of = token()) => cordons.report({ token: of, workerId, idle });

async function asked(workerIds: string[], interrupt = new AbortController()): Promise<AbortController> {
  void cordons.ask(workerIds, 5_000, interrupt.signal).then(() => {
    ended = true;
  });
  await settled();
  return interrupt;
}

test('it ends as soon as all have confirmed', async () => {
  await asked(['a', 'b']);
  answer('a', true);
  answer('b', false);
  await settled();
  expect(ended).toBe(false);
  answer('b', true);
  await settled();
  expect(ended).toBe(true);
  expect([cordons.isIdle('a'), cordons.isIdle('b')]).toEqual([true, true]);
  expect(clock.waiting).toBe(0);
});

test('who does not answer in time is taken for one at work', async () => {
  await asked(['a', 'b']);
  answer('a', true);
  await clock.pass(5_000);
  expect(ended).toBe(true);
  expect([cordons.isIdle('a'), cordons.isIdle('b')]).toEqual([true, false]);
});

test('it is asked again, since a message may be lost', async () => {
  await asked(['a']);
  await clock.pass(4_900);
  expect(said).toHaveLength(5);
  expect(new Set(said.map((message) => JSON.stringify(message))).size).toBe(1);
  expect(said[0]).toMatchObject({ command: 'cordon', workerIds: ['a'], forMs: 30_000 });
});

test('an answer to an earlier question says nothing', async () => {
  await asked(['a']);
  const earlier = token();
  await clock.pass(5_000);
  await asked(['a']);
  answer('a', true, earlier);
  expect(cordons.isIdle('a')).toBe(false);
});

test('a worker that began something after all is at work', async () => {
  await asked(['a']);
  answer('a', true);
  answer('a', false);
  expect(cordons.isIdle('a')).toBe(false);
});

test('an answer is good for as long as the cordon surely lasts', async () => {
  await asked(['a']);
  answer('a', true);
  await clock.pass(19_999);
  expect(cordons.isIdle('a')).toBe(true);
  await clock.pass(1);
  expect(cordons.isIdle('a')).toBe(false);
});

test('it can be interrupted', async () => {
  const interrupt = await asked(['a']);
  interrupt.abort();
  await settled();
  expect(ended).toBe(true);
  expect(clock.waiting).toBe(0);
});

test('while Redis is away nobody confirms, and nothing is thrown', async () => {
  cordons = new Cordons({ publish: () => Promise.reject(new Error('away')), world: virtualWorld(clock) });
  await asked(['a']);
  await clock.pass(5_000);
  expect([ended, cordons.isIdle('a')]).toEqual([true, false]);
  await cordons.lift(['a']);
});
