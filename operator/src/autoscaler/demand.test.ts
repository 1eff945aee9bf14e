import { type Operation, type SettingsDocument, settingsOf } from '@story-tasks/contracts';
import type { LaneReading } from '@story-tasks/runtime';
import { expect, test } from 'vitest';
import { demandOf } from './demand.ts';

type Jobs = Partial<LaneReading['jobs']> & { isPaused?: boolean };
const reading = ({ isPaused = false, ...jobs }: Jobs): LaneReading => ({
  isPaused,
  jobs: { waiting: 0, prioritized: 0, delayed_due: 0, delayed_later: 0, active: 0, paused: 0, ...jobs },
  oldestWaitingMs: 0,
});
const lanes = (workflow: Jobs, bundle: Jobs = {}) =>
  new Map<Operation, LaneReading>([
    ['RUN_WORKFLOW_TASK', reading(workflow)],
    ['BUILD_PLAYER_BUNDLE', reading(bundle)],
  ]);

const cases: [name: string, Map<Operation, LaneReading>, SettingsDocument, number][] = [
  ['empty lanes want none', lanes({}), {}, 0],
  ['each job that waits wants a slot', lanes({ waiting: 3 }), {}, 3],
  [
    'waiting, prioritized, due and active count',
    lanes({ waiting: 1, prioritized: 2, delayed_due: 3, active: 4 }),
    {},
    10,
  ],
  ['a delay that is not over counts for nothing', lanes({ delayed_later: 9 }), {}, 0],
  ['slots of a worker are shared', lanes({ waiting: 5 }), { RUN_WORKFLOW_TASK: { concurrency: 2 } }, 3],
  ['no more than may run at once', lanes({ waiting: 50 }), { RUN_WORKFLOW_TASK: { globalConcurrency: 7 } }, 7],
  [
    'the limit comes before the slots',
    lanes({ waiting: 50 }),
    { RUN_WORKFLOW_TASK: { globalConcurrency: 7, concurrency: 4 } },
    2,
  ],
  ['the lane that wants most decides, not their sum', lanes({ waiting: 3 }, { waiting: 5 }), {}, 5],
  [
    'each lane has slots of its own',
    lanes({ waiting: 4 }, { waiting: 4 }),
    { BUILD_PLAYER_BUNDLE: { concurrency: 4 } },
    4,
  ],
  [
    'of a lane paused by the settings only what runs counts',
    lanes({ waiting: 9, active: 2 }),
    { RUN_WORKFLOW_TASK: { paused: true } },
    2,
  ],
  [
    'of a lane paused in Redis only what runs counts',
    lanes({ isPaused: true, paused: 9, delayed_due: 3, active: 1 }),
    {},
    1,
  ],
];
test.each(cases)('%s', (_name, readings, document, wanted) => {
  expect(demandOf(readings, settingsOf(document)).replicas).toBe(wanted);
});

test('the lane that decides says why, with its figures', () => {
  const document = { RUN_WORKFLOW_TASK: { concurrency: 2, globalConcurrency: 10 } };
  expect(demandOf(lanes({ waiting: 50, active: 2 }), settingsOf(document)).words).toBe(
    'RUN_WORKFLOW_TASK has 52 due or running, of which 10 may run at once, 2 in each worker',
  );
  expect(demandOf(lanes({}), settingsOf({})).words).toBe(null);
});
