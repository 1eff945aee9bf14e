import { expect, test } from 'vitest';
import { decideLeadership, type LeaseRecord, type SeenLease, seeLease } from './decideLeadership.ts';

const now = 100_000;
const record = (changes: Partial<LeaseRecord> = {}): LeaseRecord => ({
  holder: 'other',
  durationSeconds: 10,
  transitions: 7,
  renewTime: '2026-11-22T12:00:00.000000Z',
  resourceVersion: '1',
  ...changes,
});
const seen = (sinceMs: number, changes: Partial<LeaseRecord> = {}): SeenLease => ({
  record: record(changes),
  since: now - sinceMs,
});

test.each([
  ['where there is none, it is made', null, { action: 'create', epoch: 500 }],
  ['our own is renewed, in its epoch', seen(0, { holder: 'me' }), { action: 'renew', epoch: 7 }],
  ['our own is renewed however old', seen(60_000, { holder: 'me' }), { action: 'renew', epoch: 7 }],
  ['one that was released is taken at once', seen(0, { holder: '' }), { action: 'takeOver', epoch: 8 }],
  ['another’s that just changed is left', seen(0), { action: 'wait', untilFree: 10_000 }],
  ['another’s is left to its last millisecond', seen(9_999), { action: 'wait', untilFree: 1 }],
  ['another’s that was silent for its duration is taken over', seen(10_000), { action: 'takeOver', epoch: 8 }],
  [
    'the duration is its holder’s, not ours',
    seen(10_000, { durationSeconds: 30 }),
    { action: 'wait', untilFree: 20_000 },
  ],
  [
    'a date from the past is no sign of death',
    seen(0, { renewTime: '1999-01-01T00:00:00.000000Z' }),
    { action: 'wait', untilFree: 10_000 },
  ],
  [
    'a date from the future is no sign of life',
    seen(10_000, { renewTime: '2099-01-01T00:00:00.000000Z' }),
    { action: 'takeOver', epoch: 8 },
  ],
])('%s', (_name, lease, wanted) => {
  expect(decideLeadership(lease, 'me', 500, now)).toEqual(wanted);
});

test.each([
  ['the first sight of a Lease counts from now', null, {}, now],
  ['what stays the same is as old as it was', seen(4_000), {}, now - 4_000],
  ['another version with the same words is no sign of life', seen(4_000), { resourceVersion: '9' }, now - 4_000],
  ['a renewal counts from now', seen(4_000), { renewTime: '2026-11-22T12:00:02.000000Z' }, now],
  ['another holder counts from now', seen(4_000), { holder: 'third' }, now],
  ['another epoch counts from now', seen(4_000), { transitions: 8 }, now],
])('%s', (_name, before, changes, since) => {
  expect(seeLease(before, record(changes), now)).toEqual({ record: record(changes), since });
});
