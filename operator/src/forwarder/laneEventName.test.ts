import { expect, test } from 'vitest';
import { laneEventName } from './laneEventName.ts';

const nameOf = (fields: Record<string, string>) => laneEventName({ id: '1-0', fields });

test.each([
  ['added', 'added'],
  ['active', 'started'],
  ['delayed', 'delayed'],
  ['failed', 'failed'],
  ['stalled', 'stalled'],
  ['removed', 'removed'],
])('BullMQ’s %s is counted as %s', (event, name) => {
  expect(nameOf({ event, jobId: 'a' })).toBe(name);
});

test.each([
  ['succeeded', 'succeeded'],
  ['cancelled', 'cancelled'],
  ['refused: terminal', 'refused'],
  ['refused: not_found', 'refused'],
  ['stale', 'stale'],
  ['unwritten', 'unwritten'],
  ['something newer', 'completed'],
])('a job that ended with "%s" is counted as %s', (outcome, name) => {
  expect(nameOf({ event: 'completed', returnvalue: JSON.stringify({ outcome }), prev: 'active' })).toBe(name);
});

test.each(['null', 'not json', '{"outcome":7}'])(
  'a job that another processor ended with %s is completed',
  (returnvalue) => {
    expect(nameOf({ event: 'completed', returnvalue })).toBe('completed');
  },
);

test('a job that a worker gave back is counted, and one that waits for the first time is not counted twice', () => {
  expect(nameOf({ event: 'waiting', prev: 'active' })).toBe('returned');
  expect(nameOf({ event: 'waiting' })).toBeNull();
  expect(nameOf({ event: 'waiting', prev: 'delayed' })).toBeNull();
});

test.each(['drained', 'paused', 'progress', 'forwarder', ''])('"%s" says nothing of a job’s way', (event) => {
  expect(nameOf({ event })).toBeNull();
});
