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
    ...changes,
  }) as TaskRecord;

test.each([
  ['a queued row without a job gets one', row(), false, [0]],
  ['one that may start later gets a delayed job', row({ availableAt: '2026-11-22T12:00:05Z' }), false, [5_000]],
  ['a row that has a job is left alone', row(), true, []],
  ['no reading of the lane, no decision', row(), null, []],
  ['a direct row is never enqueued', row({ dispatch: 'direct' }), false, []],
  ['a held row waits for its start', row({ held: true }), false, []],
  ['a running row is not requeued', row({ status: 'running' }), false, []],
  ['a row that ended is left alone', row({ status: 'cancelled' }), false, []],
])('%s', (_name, task, hasJob, delays) => {
  expect(decideEnqueue([{ task, hasJob }], now).map((action) => action.delayMs)).toEqual(delays);
});
