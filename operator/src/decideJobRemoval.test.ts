import type { Dispatch, TaskStatus } from '@story-tasks/contracts';
import { expect, test } from 'vitest';
import { decideJobRemoval } from './decideJobRemoval.ts';

const row = (status: TaskStatus, dispatch: Dispatch = 'queue') => ({ status, dispatch });

test.each([
  ['a job without a row goes', null, true],
  ['the job of a queued row stays', row('queued'), false],
  ['the job of a running row stays: its worker may be at work', row('running'), false],
  ['the job of a row that succeeded goes', row('succeeded'), true],
  ['the job of a row that failed goes', row('failed'), true],
  ['the job of a row that was cancelled goes', row('cancelled'), true],
  ['the job of a direct row goes: no worker may run it', row('queued', 'direct'), true],
])('%s', (_name, seen, goes) => {
  expect(decideJobRemoval([{ jobId: 'a', row: seen }])).toEqual(goes ? ['a'] : []);
});
