import { expect, test } from 'vitest';
import {
  afterScaleDown,
  decideReplicas,
  newScalingState,
  type ScalingObservation,
  type ScalingState,
} from './decideReplicas.ts';

const now = 1_000_000;
const limits = { min: 1, max: 10, stabilizationMs: 60_000, maxPodsDown: 4, periodMs: 15_000 };
const seen = (demand: number | null, replicas: number | null, rest: Partial<ScalingObservation> = {}) => ({
  demand,
  replicas,
  leasesRead: true,
  hold: null,
  ...rest,
});
/** As many were wanted every two seconds, for long enough. */
const quiet = (replicas: number, changes: Partial<ScalingState> = {}): ScalingState => ({
  since: now - 600_000,
  lastDownAt: now - 600_000,
  recommended: Array.from({ length: 30 }, (_, index) => ({ at: now - 60_000 + 2_000 * index, replicas })),
  ...changes,
});
const spike = quiet(2, { recommended: [...quiet(2).recommended.slice(0, -1), { at: now - 2_000, replicas: 7 }] });

test.each([
  ['without a reading of the lanes', seen(null, 3), quiet(3), null, 'no_lanes'],
  [
    'without a reading of the leases, though more are wanted',
    seen(9, 3, { leasesRead: false }),
    quiet(3),
    null,
    'no_leases',
  ],
  ['without a reading of the Deployment', seen(9, null), quiet(3), null, 'no_deployment'],
  ['when it is paused', seen(9, 3, { hold: 'paused' }), quiet(3), null, 'paused'],
  ['when somebody else changed it', seen(9, 3, { hold: 'foreign_change' }), quiet(3), null, 'foreign_change'],
  ['more are wanted: at once', seen(5, 3), newScalingState(now), 5, 'scale_up'],
  ['from none', seen(1, 0), newScalingState(now), 1, 'scale_up'],
  ['no more than the maximum', seen(99, 3), quiet(3), 10, 'scale_up'],
  ['at the maximum', seen(99, 10), quiet(10), null, 'at_maximum'],
  ['as many as are wanted', seen(3, 3), quiet(3), null, 'steady'],
  ['as many as the maximum, and wanted', seen(10, 10), quiet(10), null, 'steady'],
  ['none wanted, at the minimum', seen(0, 1), quiet(1), null, 'steady'],
  ['fewer are wanted, and were for the whole window', seen(2, 4), quiet(2), 2, 'scale_down'],
  ['fewer are wanted, at most so many at once', seen(1, 9), quiet(1), 5, 'scale_down'],
  ['fewer are wanted, but more were a moment ago', seen(2, 7), spike, null, 'stabilizing'],
  ['down to the highest of the window', seen(2, 9), spike, 7, 'scale_down'],
  ['a leader that just began has seen no window', seen(2, 4), newScalingState(now - 59_999), null, 'stabilizing'],
  [
    'after a gap in the readings the window begins anew',
    seen(2, 4),
    quiet(2, { recommended: [{ at: now - 10_001, replicas: 2 }] }),
    null,
    'stabilizing',
  ],
  [
    'a gap of some ticks is none',
    seen(2, 4),
    quiet(2, { recommended: [{ at: now - 9_000, replicas: 2 }] }),
    2,
    'scale_down',
  ],
  ['some were taken away within the period', seen(2, 4), quiet(2, { lastDownAt: now - 14_999 }), null, 'rate_limited'],
  ['the period is over', seen(2, 4), quiet(2, { lastDownAt: now - 15_000 }), 2, 'scale_down'],
  ['the maximum was lowered', seen(99, 12), quiet(10), 10, 'scale_down'],
  ['the minimum was raised', seen(0, 0), quiet(1), 1, 'scale_up'],
] as const)('%s', (_name, observed, state, target, reason) => {
  expect(decideReplicas(observed, state, limits, now)).toMatchObject({ target, reason });
});

test('to none, where the minimum allows it', () => {
  expect(decideReplicas(seen(0, 2), quiet(0), { ...limits, min: 0 }, now)).toMatchObject({ target: 0, desired: 0 });
});

test('without a window and a period fewer are asked for at once', () => {
  const none = { ...limits, stabilizationMs: 0, periodMs: 0 };
  expect(decideReplicas(seen(1, 3), newScalingState(now), none, now)).toMatchObject({ target: 1 });
});

test('what is wanted is remembered while the number is held, and forgotten after the window', () => {
  const held = decideReplicas(seen(8, 3, { hold: 'paused' }), quiet(2), limits, now).state;
  expect(decideReplicas(seen(2, 9), held, limits, now + 2_000)).toMatchObject({ target: 8 });
  let state = held;
  for (let later = 2_000; later <= 60_000; later += 2_000)
    state = decideReplicas(seen(2, 9), state, limits, now + later).state;
  expect(decideReplicas(seen(2, 9), state, limits, now + 62_000)).toMatchObject({ target: 5 });
});

test('a scale-down begins the period', () => {
  const state = afterScaleDown(quiet(2), now);
  expect(decideReplicas(seen(2, 4), state, limits, now + 2_000)).toMatchObject({ reason: 'rate_limited' });
});
