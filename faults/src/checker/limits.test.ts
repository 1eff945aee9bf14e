import { expect, test } from 'vitest';
import { check } from './checker.ts';
import { type LimitChange, limitsHold } from './limits.ts';
import { at, event, observation, startedAt, task } from './testing/observations.ts';

const operation = 'RUN_WORKFLOW_TASK';
const change = (milliseconds: number, limit: number | null): LimitChange => ({
  operation,
  limit,
  at: startedAt + milliseconds,
});

/** Runs from one time to another, each of a task of its own; null: it still runs. */
type Run = readonly [from: number, to: number | null, end?: Record<string, unknown>];

function faults(runs: readonly Run[], limits: readonly LimitChange[], of = operation): string[] {
  const tasks = runs.map((_, index) => task({ id: `task ${index}`, operation: of }));
  const events = runs.flatMap(([from, to, payload = {}], index) => {
    const own = { task_id: `task ${index}` };
    const ends = to === null ? [] : [event(3, { ...own, status: 'queued', payload, created_at: at(to) })];
    return [event(2, { ...own, status: 'running', created_at: at(from) }), ...ends];
  });
  return limitsHold(observation({ tasks, events, limits })).map(({ taskId, told }) => `${taskId}: ${told}`);
}

test.each<[string, readonly Run[], readonly LimitChange[]]>([
  [
    'as many as may',
    [
      [5_000, 9_000],
      [6_000, 8_000],
    ],
    [change(0, 2)],
  ],
  [
    'one after the other',
    [
      [5_000, 6_000],
      [6_000, 7_000],
    ],
    [change(0, 1)],
  ],
  [
    'no limit was set',
    [
      [5_000, null],
      [6_000, null],
    ],
    [],
  ],
  [
    'the limit was lifted',
    [
      [5_000, null],
      [6_000, null],
    ],
    [change(0, 1), change(4_000, null)],
  ],
  [
    'lowered under runs that go on',
    [
      [5_000, null],
      [5_100, null],
    ],
    [change(0, 2), change(6_000, 1)],
  ],
  [
    'begun within two seconds of a lower limit',
    [
      [5_000, null],
      [7_900, null],
    ],
    [change(0, 2), change(6_000, 1)],
  ],
  [
    'raised: the new one counts at once',
    [
      [5_000, null],
      [6_001, null],
    ],
    [change(0, 1), change(6_000, 2)],
  ],
  [
    'before the first limit applied',
    [
      [100, null],
      [1_900, null],
    ],
    [change(0, 1)],
  ],
  [
    'a lost run had its lease taken some time before',
    [
      [5_000, 9_000, { code: 'WORKER_LOST' }],
      [8_000, null],
    ],
    [change(0, 1)],
  ],
])('I8 holds: %s', (_name, runs, limits) => {
  expect(faults(runs, limits)).toEqual([]);
});

test.each<[string, readonly Run[], readonly LimitChange[], string]>([
  [
    'one too many',
    [
      [5_000, 9_000],
      [6_000, 8_000],
    ],
    [change(0, 1)],
    'task 1: it began beside 1 others, and the limit was 1',
  ],
  [
    'begun when the lower limit had to be known',
    [
      [5_000, null],
      [8_001, null],
    ],
    [change(0, 2), change(6_000, 1)],
    'task 1: it began beside 1 others, and the limit was 1',
  ],
  [
    'lowered, raised and lowered again',
    [
      [5_000, null],
      [5_000, null],
      [16_000, null],
    ],
    [change(0, 10), change(6_000, 1), change(9_000, 10), change(12_000, 1)],
    'task 2: it began beside 2 others, and the limit was 1',
  ],
])('I8 is broken: %s', (_name, runs, limits, told) => {
  expect(faults(runs, limits)).toEqual([told]);
});

test('the limit of one operation is not another’s', () => {
  expect(
    faults(
      [
        [5_000, null],
        [6_000, null],
      ],
      [change(0, 1)],
      'BUILD_PLAYER_BUNDLE',
    ),
  ).toEqual([]);
});

test('it is one of the checks of every round', () => {
  const two = [task(), task({ id: 'b' })];
  const running = (id: string) => event(2, { task_id: id, status: 'running', created_at: at(5_000) });
  const broken = observation({ tasks: two, events: [running('task'), running('b')], limits: [change(0, 1)] });
  expect(check(broken).map(({ check: name }) => name)).toContain('I8 no run begins above its limit');
});
