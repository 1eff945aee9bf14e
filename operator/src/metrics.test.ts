/** What the operator tells of itself: the lanes while it can read them, and what its own writes did. */
import type { Operation, TaskRecord } from '@story-tasks/contracts';
import { createLogger, LaneGauges, type LaneReading, LaneUnavailableError, Metrics } from '@story-tasks/runtime';
import type { MendedRun, ReconcileRepository } from '@story-tasks/supabase';
import { beforeEach, expect, test } from 'vitest';
import { laneWatch } from './laneWatch.ts';
import { observedRecord } from './observedRecord.ts';
import { countActions, Reconciler } from './reconciler.ts';

let metrics: Metrics;
beforeEach(() => {
  metrics = new Metrics();
});

/** The series of our own metrics, without those that stand at 0. */
async function told(): Promise<string[]> {
  const lines = (await metrics.expose()).text.split('\n');
  return lines.filter((line) => line.startsWith('story_tasks_') && !line.includes('_bucket') && !line.endsWith(' 0'));
}

const reading: LaneReading = {
  isPaused: false,
  jobs: { waiting: 3, prioritized: 0, delayed_due: 1, delayed_later: 0, active: 2, paused: 0 },
  oldestWaitingMs: 1_500,
};
const readings = new Map<Operation, LaneReading>([['BUILD_PLAYER_BUNDLE', reading]]);
const lane = 'operation="BUILD_PLAYER_BUNDLE"';

test('a reading is told as it is, and a lane that could not be read has no figure at all', async () => {
  const answers = [async () => readings, () => Promise.reject(new LaneUnavailableError()), async () => readings];
  const watch = laneWatch({
    lanes: { readings: () => answers.shift()?.() ?? Promise.reject(new Error('asked too often')) },
    gauges: new LaneGauges(metrics),
  });
  const expected = [
    `story_tasks_queue_jobs{${lane},state="waiting"} 3`,
    `story_tasks_queue_jobs{${lane},state="delayed_due"} 1`,
    `story_tasks_queue_jobs{${lane},state="active"} 2`,
    `story_tasks_queue_oldest_waiting_seconds{${lane}} 1.5`,
  ];
  await watch.read();
  expect(await told()).toEqual(expected);
  expect((await metrics.expose()).text).toContain(`story_tasks_queue_jobs{${lane},state="paused"} 0`);
  await watch.read();
  expect((await metrics.expose()).text).not.toMatch(/^story_tasks_queue_\w+[{ ]/m);
  await watch.read();
  expect(await told()).toEqual(expected);
});

const row = (changes: Partial<TaskRecord>) =>
  ({
    id: 't',
    operation: 'BUILD_PLAYER_BUNDLE',
    dispatch: 'queue',
    errorCode: null,
    cancelRequestedAt: null,
    ...changes,
  }) as TaskRecord;

test('lost runs count as errors, and the tasks that they ended as finished', async () => {
  const mended: MendedRun[] = [
    { action: 'requeued', task: row({ status: 'queued' }) },
    { action: 'lost', task: row({ status: 'failed', errorCode: 'WORKER_LOST' }) },
    { action: 'lost', task: row({ status: 'failed', errorCode: 'WORKER_LOST', dispatch: 'direct' }) },
    {
      action: 'cancelled',
      task: row({
        status: 'cancelled',
        cancelRequestedAt: '2026-11-22T12:00:00Z',
        finishedAt: '2026-11-22T12:00:03.5Z',
      }),
    },
  ];
  const record = { mendLostRuns: async () => mended } as Partial<ReconcileRepository> as ReconcileRepository;
  expect(await observedRecord(record, metrics).mendLostRuns([], 10)).toBe(mended);
  expect((await told()).sort()).toEqual(
    [
      `story_tasks_cancel_seconds_count{${lane},phase="terminal"} 1`,
      `story_tasks_cancel_seconds_sum{${lane},phase="terminal"} 3.5`,
      `story_tasks_errors_total{${lane},code="WORKER_LOST"} 2`,
      `story_tasks_finished_total{${lane},status="cancelled"} 1`,
      `story_tasks_finished_total{${lane},status="failed"} 1`,
    ].sort(),
  );
});

test('each action of the reconciler counts, those before a failure too', async () => {
  const failing = {
    name: 'failing',
    run: async (done: (action: 'enqueued', task: { id: string; operation: Operation }) => void) => {
      done('enqueued', { id: 't', operation: 'BUILD_PLAYER_BUNDLE' });
      throw new Error('Redis is away');
    },
  };
  const reconciler = new Reconciler([failing], createLogger('test', 'silent'), countActions(metrics));
  expect((await metrics.expose()).text).toContain('story_tasks_reconciled_total{action="purged"} 0');
  await reconciler.tick();
  expect(await told()).toEqual(['story_tasks_reconciled_total{action="enqueued"} 1']);
});
