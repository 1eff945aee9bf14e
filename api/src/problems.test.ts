import { CodedError } from '@story-tasks/contracts';
import { StoreUnavailableError, TaskNotFoundError } from '@story-tasks/supabase';
import { expect, test } from 'vitest';
import { TaskNotEnqueuedError } from './errors.ts';
import { problemOf } from './problems.ts';

test('an unexpected error tells nothing of itself', () => {
  const { problem } = problemOf(new TypeError('canary at /secret/path'), 'r1');
  expect(problem).toMatchObject({ status: 500, code: 'INTERNAL', requestId: 'r1' });
  expect(JSON.stringify(problem)).not.toContain('canary');
});

test('a store that is away is a 503 that says when to come back', () => {
  const { problem, headers } = problemOf(new StoreUnavailableError('read a task'), 'r1');
  expect(problem).toMatchObject({ status: 503, code: 'STORE_UNAVAILABLE' });
  expect(headers).toEqual({ 'Retry-After': '2' });
});

test('a task that could not be queued is told with its id', () => {
  const { problem } = problemOf(new TaskNotEnqueuedError('t1'), 'r1');
  expect(problem).toMatchObject({ status: 500, code: 'ENQUEUE_FAILED', taskId: 't1' });
});

test('a code that has no status of its own is a 500 with its code', () => {
  expect(problemOf(new CodedError('ODD', 'fatal', 'odd'), 'r1').problem).toMatchObject({ status: 500, code: 'ODD' });
});

test('the title is the status in words', () => {
  expect(problemOf(new TaskNotFoundError('t1'), 'r1').problem).toMatchObject({
    status: 404,
    title: 'Not Found',
    type: 'about:blank',
  });
});
