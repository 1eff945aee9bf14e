import type { TaskRecord } from '@story-tasks/contracts';
import { expect, test } from 'vitest';
import { decideEnqueue } from './decideEnqueue.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const row = (changes: Partial<TaskRecord> = {}) =>
  ({
    id: 'a',
    dispatch: 'queue',
    status: 'queued',
    held: false,
    availableAt: '2026-11-22T11:59:00Z',
    updatedAt: '2026-11-22T11:59:00Z',
    ...changes,
  }) as TaskRecord;
const retry = row({ availableAt: '2026-11-22T12:00:05Z' });

test.each([
  ['a queued row without a job gets one', row(), false, [0]],
  ['a retry that may start later gets a delayed job', retry, false, [5_000]],
  ['a row that has a job is left alone', row(), true, []],
  ['no reading of the lane, no decision', row(), null, []],
  ['a direct row is never enqueued', row({ dispatch: 'direct' }), false, []],
  ['a held row waits for its start', row({ held: true }), false, []],
  ['a running row is not requeued', row({ status: 'running' }), false, []],
  ['a row that ended is left alone', row({ status: 'cancelled' }), false, []],
])('%s', (_name, task, hasJob, delays) => {
  expect(decideEnqueue([{ task, hasJob }], now).map((action) => action.delayMs)).toEqual(delays);
});

const minutes = 60_000;

test.each([
  ['a clock that is behind puts off no row that may start', row(), now - 5 * minutes, 0],
  ['a clock that is behind puts off a retry by no more than its wait', retry, now - 5 * minutes, 65_000],
  ['a clock that is ahead offers a retry early, for the claim to put off', retry, now + 5 * minutes, 0],
])('%s', (_name, task, clock, delayMs) => {
  expect(decideEnqueue([{ task, hasJob: false }], clock)).toEqual([{ task, delayMs }]);
});
