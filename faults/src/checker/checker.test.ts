import { describe, expect, test } from 'vitest';
import { check } from './checker.ts';
import type { Observation } from './observation.ts';
import {
  at,
  batch,
  cancelled,
  claim,
  created,
  event,
  events,
  modelCall,
  observation,
  startedAt,
  task,
  write,
} from './testing/observations.ts';

const found = (changes: Partial<Observation>): string[] => [
  ...new Set(check(observation(changes)).map((violation) => violation.check)),
];
const { ledger, storeCalls } = observation();
const withCancel = (status: number, answered: number) => ({ ...ledger, cancels: [cancelled(status, answered)] });
/** The events with these in place of those of the same number. */
const eventsWith = (...changed: ReturnType<typeof event>[]) =>
  events.map((each) => changed.find(({ seq }) => seq === each.seq) ?? each);
const unended = { status: 'running', progress: 50, result: null, finished_at: null, last_seq: 5 };

test('a round that went well breaks nothing', () => {
  expect(check(observation())).toEqual([]);
});

describe('I1', () => {
  test.each<[string, Partial<Observation>, string]>([
    [
      'a promise without a row',
      { ledger: { ...ledger, creates: [created(), created({ taskId: 'other', key: 'x' })] } },
      'I1 an acknowledged task is on record',
    ],
    ['a task that does not end', { tasks: [task(unended)], events: events.slice(0, 5) }, 'I1 every task ends'],
    [
      'one key, two tasks',
      {
        tasks: [
          task(),
          task({
            id: 'b',
            status: 'queued',
            held: true,
            attempt: 0,
            progress: 0,
            result: null,
            started_at: null,
            finished_at: null,
            last_seq: 1,
            payload: {},
          }),
        ],
        events: [...events, event(1, { task_id: 'b', status: 'queued' })],
        ledger: { ...ledger, creates: [created(), created({ taskId: 'b' })] },
      },
      'I1 one task per key',
    ],
  ])('%s', (_, changes, name) => {
    expect(found(changes)).toContain(name);
  });

  test('a task that failed for its lane was not to be acknowledged', () => {
    const failed = task({
      status: 'failed',
      error_code: 'ENQUEUE_FAILED',
      attempt: 0,
      progress: 0,
      result: null,
      started_at: null,
      last_seq: 2,
    });
    const told = [
      event(1, { status: 'queued' }),
      event(2, { status: 'failed', event_type: 'error', payload: { code: 'ENQUEUE_FAILED' } }),
    ];
    expect(found({ tasks: [failed], events: told })).toEqual(['I1 an acknowledged task was queued']);
    const refused = { ...ledger, creates: [created({ status: 500, code: 'ENQUEUE_FAILED' })] };
    expect(found({ tasks: [failed], events: told, ledger: refused })).toEqual([]);
  });

  test('more rows than creates, though nobody was told of the second', () => {
    const twin = task({ id: 'b' });
    const both = [...events, ...events.map((each) => ({ ...each, task_id: 'b' }))];
    expect(found({ tasks: [task(), twin], events: both })).toContain('I1 one row per create');
  });

  test('a held task may wait for ever', () => {
    const held = task({
      ...unended,
      status: 'queued',
      held: true,
      attempt: 0,
      progress: 0,
      started_at: null,
      last_seq: 1,
    });
    expect(found({ tasks: [held], events: events.slice(0, 1) })).toEqual([]);
  });
});

describe('I2', () => {
  test.each<[string, Partial<Observation>, string]>([
    [
      'two ends',
      {
        tasks: [task({ last_seq: 7 })],
        events: [...events, event(7, { status: 'cancelled', progress_override: 100 })],
      },
      'I2 one terminal event, and the last',
    ],
    [
      'an event after the end',
      { tasks: [task({ last_seq: 7 })], events: [...events, event(7)] },
      'I2 one terminal event, and the last',
    ],
    [
      'a run that begins while another runs',
      { events: eventsWith(event(4, { status: 'running', progress_override: 50 })) },
      'I2 legal changes of status',
    ],
    ['an end that keeps its lease', { tasks: [task({ lease_expires_at: at(0) })] }, 'I2 an ended row is whole'],
    ['a failure without a code', { tasks: [task({ status: 'failed' })] }, 'I2 an ended row is whole'],
    [
      'a row of another status than its events',
      { tasks: [task({ status: 'cancelled' })] },
      'I2 the row follows from its events',
    ],
    ['an attempt that no event tells of', { tasks: [task({ attempt: 3 })] }, 'I2 the row follows from its events'],
    ['a release that cost an attempt', { tasks: [task({ attempts_spent: 1 })] }, 'I2 the row follows from its events'],
    [
      'progress that no event told',
      { tasks: [task({ ...unended, progress: 70 })], events: events.slice(0, 5) },
      'I2 the row follows from its events',
    ],
  ])('%s', (_, changes, name) => {
    expect(found(changes)).toContain(name);
  });
});

describe('I3', () => {
  test.each(['finish_story_task', 'release_story_task', 'save_story_work'])('a late %s that is taken', (what) => {
    const outcome =
      { finish_story_task: 'finished', release_story_task: 'released', save_story_work: 'saved' }[what] ?? '';
    const taken = write(what, 1, 2_600, outcome);
    expect(found({ storeCalls: [...storeCalls, taken] })).toEqual(['I3 stale writes are refused']);
    expect(found({ storeCalls: [...storeCalls, { ...taken, reply: { outcome: 'stale' } }] })).toEqual([]);
  });

  test('a late batch that is taken', () => {
    expect(found({ storeCalls: [...storeCalls, batch(1, 2_700, 'ok')] })).toEqual(['I3 stale writes are refused']);
  });

  test('the repeat of an end that was taken in time is answered as it was then', () => {
    const inTime = write('finish_story_task', 1, 200, 'finished');
    const repeat = { ...inTime, sentAt: startedAt + 2_800 };
    expect(found({ storeCalls: [inTime, ...storeCalls, repeat] })).toEqual([]);
  });

  test('a task that is taken from its worker before its lease has run out', () => {
    const confirmed = batch(1, 1_000, 'ok');
    expect(found({ storeCalls: [...storeCalls, confirmed] })).toEqual(['I3 a lease is outlasted before it is taken']);
  });

  test('a claim that is asked for again extends nothing', () => {
    const again = { ...claim(1, 10), sentAt: startedAt + 900, answeredAt: startedAt + 905 };
    expect(found({ storeCalls: [...storeCalls, again] })).toEqual([]);
  });
});

describe('I4', () => {
  const calls = [modelCall('scene-1'), modelCall('scene-1'), modelCall('scene-2')];

  test('a takeover may repeat one call, and no second', () => {
    expect(found({ modelCalls: calls })).toEqual([]);
    expect(found({ modelCalls: [...calls, modelCall('scene-2')] })).toEqual(['I4 one repeat per takeover']);
  });

  test('a call that its caller left is paid for all the same', () => {
    const left = modelCall('scene-2', { outcome: 'broken' });
    expect(found({ modelCalls: [...calls, left] })).toEqual(['I4 one repeat per takeover']);
  });

  test('calls that failed, or broke on their way, are not held against the run', () => {
    const failed = modelCall('scene-2', { outcome: 'failed' });
    expect(found({ modelCalls: [...calls, failed] })).toEqual([]);
    const disturbed = [{ from: startedAt, to: startedAt + 1_000 }];
    expect(found({ modelCalls: [...calls, ...calls], modelDisturbances: disturbed })).toEqual([]);
  });

  test('a step that is told twice', () => {
    const twice = eventsWith(event(5, { message: 'Scenelet 2 of 2 written: Scene 1' }));
    expect(found({ events: twice })).toContain('I4 one effect per step');
  });

  test('tokens that were counted twice', () => {
    expect(found({ tasks: [task({ input_tokens: 33 })] })).toEqual(['I4 no token is counted twice']);
  });
});

describe('I5', () => {
  test('a gap in the numbers', () => {
    const gap = [...events.slice(0, 5), event(7, { status: 'succeeded', progress_override: 100 })];
    expect(found({ tasks: [task({ last_seq: 7 })], events: gap })).toEqual(['I5 numbers without a gap']);
  });

  test('progress that falls within an attempt', () => {
    const fallen = [
      ...events.slice(0, 5),
      event(6, { progress_override: 20 }),
      event(7, { status: 'succeeded', progress_override: 100 }),
    ];
    expect(found({ tasks: [task({ last_seq: 7 })], events: fallen })).toEqual(['I5 progress never falls']);
  });
});

describe('I6', () => {
  const asked = event(5, { message: 'Cancellation requested' });
  const succeededAfter = [
    ...events.slice(0, 3),
    event(4, { message: 'Cancellation requested' }),
    event(5, { status: 'succeeded', progress_override: 100 }),
  ];
  const once = { attempt: 1, last_seq: 5 };

  test('a completion after a cancellation', () => {
    const told = found({ tasks: [task({ ...once, task_cancelled: true })], events: succeededAfter });
    expect(told).toEqual(['I6 the first to commit wins']);
  });

  test('a cancellation that nobody asked for', () => {
    const end = eventsWith(event(6, { status: 'cancelled', progress_override: 50 }));
    const row = task({ status: 'cancelled', progress: 50, result: null });
    expect(found({ tasks: [row], events: end })).toEqual(['I6 the first to commit wins']);
  });

  test.each([
    [202, 'succeeded', true],
    [200, 'succeeded', true],
    [409, 'succeeded', false],
    [503, 'succeeded', false],
  ])('a cancel answered %s, and the task %s', (status, _, broken) => {
    const told = found({ ledger: withCancel(status, 3_100) });
    expect(told).toEqual(broken ? ['I6 answers to cancels hold'] : []);
  });

  test('a call that begins after the cancellation was answered', () => {
    const cancelledEvents = [
      ...events.slice(0, 3),
      { ...asked, seq: 4 },
      event(5, { status: 'cancelled', progress_override: 50 }),
    ];
    const row = task({ ...once, status: 'cancelled', progress: 50, result: null, task_cancelled: true });
    const round = { tasks: [row], events: cancelledEvents, storeCalls: [], ledger: withCancel(202, 400) };
    expect(found(round)).toEqual([]);
    const late = [modelCall('scene-1'), modelCall('scene-2', { startedAt: startedAt + 900, endedAt: startedAt + 950 })];
    expect(found({ ...round, modelCalls: late })).toEqual(['I6 no call after a cancellation']);
    const delays = [{ from: startedAt + 300, to: startedAt + 800 }];
    expect(found({ ...round, modelCalls: late, delays })).toEqual([]);
  });
});

test('I7: a secret is told by its name and its place, and not again', () => {
  const violations = check(observation({ texts: [{ where: 'the logs', text: 'key=canary' }] }));
  expect(violations).toEqual([{ check: 'I7 no secret shows', told: 'the modelKey shows in the logs' }]);
});
