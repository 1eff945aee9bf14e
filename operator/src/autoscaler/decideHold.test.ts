import { expect, test } from 'vitest';
import { decideHold, type HoldState, noHold } from './decideHold.ts';

const now = 10_000_000;
const minute = 60_000;
const wrote = { to: 3, from: null };
const under = { to: 3, from: 5 };
const held = (seenAgo: number, changes = 1): HoldState => ({ changes, replicas: 7, seenAt: now - seenAgo });

const free = { hold: null, adopt: false, resumed: false, newHoldMs: null };
const foreign = { ...free, hold: 'foreign_change' };
test.each([
  [
    'nothing was ever written: what is there is ours',
    { replicas: 2, wrote: null, asked: undefined },
    noHold,
    { ...free, adopt: true },
  ],
  ['as written', { replicas: 3, wrote, asked: undefined }, noHold, free],
  ['announced and carried out', { replicas: 3, wrote: under, asked: undefined }, noHold, free],
  ['announced and not carried out: no foreign change', { replicas: 5, wrote: under, asked: undefined }, noHold, free],
  [
    'another number is somebody else’s, for five minutes',
    { replicas: 7, wrote, asked: undefined },
    noHold,
    { ...foreign, newHoldMs: 5 * minute },
  ],
  ['none is a number too', { replicas: 0, wrote, asked: undefined }, noHold, { ...foreign, newHoldMs: 5 * minute }],
  ['the same change is told once', { replicas: 7, wrote, asked: undefined }, held(minute), foreign],
  ['until the last millisecond', { replicas: 7, wrote, asked: undefined }, held(5 * minute - 1), foreign],
  ['then it counts as ours', { replicas: 7, wrote, asked: undefined }, held(5 * minute), { ...free, adopt: true }],
  [
    'another change is held twice as long',
    { replicas: 8, wrote, asked: undefined },
    held(minute),
    { ...foreign, newHoldMs: 10 * minute },
  ],
  ['the second hold lasts as long', { replicas: 7, wrote, asked: undefined }, held(9 * minute, 2), foreign],
  [
    'whoever keeps at it has an hour',
    { replicas: 8, wrote, asked: undefined },
    held(minute, 9),
    { ...foreign, newHoldMs: 60 * minute },
  ],
  [
    'a change long after the last is the first',
    { replicas: 8, wrote, asked: undefined },
    held(65 * minute),
    { ...foreign, newHoldMs: 5 * minute },
  ],
  [
    'resume ends a hold',
    { replicas: 7, wrote, asked: 'resume' },
    held(minute),
    { ...free, adopt: true, resumed: true },
  ],
  ['resume without a hold only goes', { replicas: 3, wrote, asked: 'resume' }, noHold, { ...free, resumed: true }],
  [
    'paused holds for good, and what is done meanwhile counts as ours',
    { replicas: 7, wrote, asked: 'paused' },
    noHold,
    { ...free, hold: 'paused', adopt: true },
  ],
  ['paused, as written', { replicas: 3, wrote, asked: 'paused' }, noHold, { ...free, hold: 'paused' }],
  ['a word that nobody knows asks for nothing', { replicas: 3, wrote, asked: 'maybe' }, noHold, free],
] as const)('%s', (_name, observed, state, wanted) => {
  expect(decideHold(observed, state, now)).toMatchObject(wanted);
});

test('an HPA that sets its number again after each hold has it for longer and longer', () => {
  let state = noHold;
  let at = now;
  const holds: (number | null)[] = [];
  for (let round = 0; round < 6; round += 1) {
    const seen = decideHold({ replicas: 7, wrote, asked: undefined }, state, at);
    holds.push(seen.newHoldMs);
    at += (seen.newHoldMs ?? 0) + 1_000;
    // The hold is over, the autoscaler writes its own number, and the HPA its own again.
    state = decideHold({ replicas: 7, wrote, asked: undefined }, seen.state, at).state;
    state = decideHold({ replicas: 3, wrote, asked: undefined }, state, at).state;
    at += 20_000;
  }
  expect(holds).toEqual([5, 10, 20, 40, 60, 60].map((minutes) => minutes * minute));
});
