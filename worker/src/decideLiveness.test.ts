import { expect, test } from 'vitest';
import { decideLiveness, type LivenessObservation } from './decideLiveness.ts';

const limits = { silentMs: 40_000, toldMs: 15_000 };
const now = 1_000_000;
const loop = (silentMs: number, busy = false) => ({ lane: `lane-${silentMs}`, busy, turnedAt: now - silentMs });
const observed = (changes: Partial<LivenessObservation>): LivenessObservation => ({
  now,
  redisSince: 0,
  loops: [loop(1_000)],
  stall: null,
  ...changes,
});

test.each<[string, Partial<LivenessObservation>]>([
  ['loops that turn', { loops: [loop(0), loop(40_000)] }],
  ['a loop that has been busy for longer than any wait', { loops: [loop(1_800_000, true)] }],
  ['silent loops while Redis is away', { redisSince: null, loops: [loop(600_000)] }],
  ['silent loops, with Redis back for a moment', { redisSince: now - 40_000, loops: [loop(600_000)] }],
  ['no loop, as before the start and while it stops', { loops: [] }],
  ['a stall that is long over', { stall: { milliseconds: 60_000, endedAt: now - 15_001 } }],
])('alive: %s', (_name, changes) => {
  expect(decideLiveness(observed(changes), limits)).toEqual({ ok: true });
});

test('not alive: a loop that is idle and silent, though Redis is there for as long; its lane is named once', () => {
  const loops = [loop(40_001), loop(40_001), loop(1_000), loop(50_000)];
  const liveness = decideLiveness(observed({ redisSince: now - 40_001, loops }), limits);
  expect(liveness).toEqual({ ok: false, silentLanes: ['lane-40001', 'lane-50000'] });
});

test.each([null, 0])('not alive: the event loop stood still until just now, Redis there or not (%s)', (redisSince) => {
  const stall = { milliseconds: 12_000, endedAt: now - 15_000 };
  expect(decideLiveness(observed({ redisSince, stall }), limits)).toEqual({ ok: false, stalledMs: 12_000 });
});
