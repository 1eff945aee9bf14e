/** The one judge of every round: each check by its name, over what the round left behind. */
import { cancelAnswersHold, cancelWinsWhenFirst, noCallAfterCancel } from './cancellation.ts';
import { oneEffectPerStep, oneRepeatPerTakeover, tokensCountedOnce } from './effects.ts';
import { leaseOutlasted, staleWritesRefused } from './fence.ts';
import { limitsHold } from './limits.ts';
import type { Check, Observation, Violation } from './observation.ts';
import {
  acknowledgedExists,
  acknowledgedWasQueued,
  everyTaskEnds,
  oneRowPerCreate,
  oneTaskPerKey,
} from './promises.ts';
import {
  endedRowIsWhole,
  gaplessNumbers,
  legalStatuses,
  oneTerminalEvent,
  progressNeverFalls,
  rowFollowsFromEvents,
} from './record.ts';
import { noSecretShows } from './secrets.ts';

const checks: Readonly<Record<string, Check>> = {
  'I1 an acknowledged task is on record': acknowledgedExists,
  'I1 every task ends': everyTaskEnds,
  'I1 an acknowledged task was queued': acknowledgedWasQueued,
  'I1 one task per key': oneTaskPerKey,
  'I1 one row per create': oneRowPerCreate,
  'I2 one terminal event, and the last': oneTerminalEvent,
  'I2 legal changes of status': legalStatuses,
  'I2 an ended row is whole': endedRowIsWhole,
  'I2 the row follows from its events': rowFollowsFromEvents,
  'I3 stale writes are refused': staleWritesRefused,
  'I3 a lease is outlasted before it is taken': leaseOutlasted,
  'I4 one effect per step': oneEffectPerStep,
  'I4 one repeat per takeover': oneRepeatPerTakeover,
  'I4 no token is counted twice': tokensCountedOnce,
  'I5 numbers without a gap': gaplessNumbers,
  'I5 progress never falls': progressNeverFalls,
  'I6 the first to commit wins': cancelWinsWhenFirst,
  'I6 answers to cancels hold': cancelAnswersHold,
  'I6 no call after a cancellation': noCallAfterCancel,
  'I7 no secret shows': noSecretShows,
  'I8 no run begins above its limit': limitsHold,
};

export function check(observation: Observation): Violation[] {
  return Object.entries(checks).flatMap(([name, find]) =>
    find(observation).map((finding) => ({ check: name, ...finding })),
  );
}
