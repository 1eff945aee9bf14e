/** The shells of the reconciler's parts: what they read, how far they go in a tick, and where the next one goes on. */
import { randomUUID } from 'node:crypto';
import { operationNames, type TaskRecord } from '@story-tasks/contracts';
import type { JobRow, MendedRun, PurgedTask } from '@story-tasks/supabase';
import { expect, test } from 'vitest';
import { limits } from './limits.ts';
import { lostRuns } from './lostRuns.ts';
import { oldTasks } from './oldTasks.ts';
import { orphanedJobs } from './orphanedJobs.ts';
import { queuedRows } from './queuedRows.ts';
import type { ReconcilePart } from './reconciler.ts';

const now = () => Date.parse('2026-11-22T12:00:00Z');
const row = (number: number, changes: Partial<TaskRecord> = {}) =>
  ({
    id: String(number).padStart(6, '0'),
    operation: 'BUILD_PLAYER_BUNDLE',
    dispatch: 'queue',
    status: 'queued',
    held: false,
    availableAt: '2026-11-22T11:59:00Z',
    updatedAt: '2026-11-22T11:59:00Z',
    ...changes,
  }) as TaskRecord;

/** @returns what a tick of the part did, as `action id` */
async function tick(part: ReconcilePart): Promise<string[]> {
  const told: string[] = [];
  await part.run((action, { id }) => told.push(`${action} ${id}`));
  return told;
}

/** Lanes that keep ids; `away` makes each call fail. */
function fakeLanes(held: readonly string[] = []) {
  const lanes = {
    jobs: [] as string[],
    away: false,
    async ready() {
      if (lanes.away) throw new Error('Redis is away');
    },
    hasJob: async ({ id }: { id: string }) => lanes.jobs.includes(id),
    async requeue({ id }: { id: string }) {
      await lanes.ready();
      if (held.includes(id)) return false;
      lanes.jobs.push(id);
      return true;
    },
  };
  return lanes;
}

function queuedRowsOver(rows: readonly TaskRecord[], lanes: ReturnType<typeof fakeLanes>) {
  const listQueued = async (after: string | null, limit: number) =>
    rows.filter((task) => after === null || task.id > after).slice(0, limit);
  return queuedRows({ tasks: { listQueued }, lanes, now });
}

const many = Array.from({ length: 2 * limits.queuedRows + 50 }, (_, number) => row(number));

test('a tick compares one page of rows, the next goes on behind it, and then it begins anew', async () => {
  const lanes = fakeLanes();
  const part = queuedRowsOver(many, lanes);
  const counts = [await tick(part), await tick(part), await tick(part), await tick(part)].map(({ length }) => length);
  expect(counts).toEqual([limits.queuedRows, limits.queuedRows, 50, 0]);
  expect(lanes.jobs).toEqual(many.map((task) => task.id));
});

test('a page that could not be finished is begun again', async () => {
  const lanes = fakeLanes();
  const part = queuedRowsOver(many, lanes);
  await tick(part);
  lanes.away = true;
  await expect(tick(part)).rejects.toThrow('Redis is away');
  lanes.away = false;
  await tick(part);
  expect(lanes.jobs).toHaveLength(2 * limits.queuedRows);
});

test('a row whose job a worker took meanwhile is not counted', async () => {
  expect(await tick(queuedRowsOver([row(1), row(2)], fakeLanes(['000001'])))).toEqual(['enqueued 000002']);
});

test('of the mended runs only the requeued ones are enqueued, and all are told', async () => {
  const mended: MendedRun[] = [
    { action: 'requeued', task: row(1) },
    { action: 'lost', task: row(2, { status: 'failed' }) },
    { action: 'cancelled', task: row(3, { status: 'cancelled' }) },
  ];
  const lanes = fakeLanes();
  const part = lostRuns({ record: { mendLostRuns: async () => mended }, lanes, now });
  expect(await tick(part)).toEqual(['requeued 000001', 'lost 000002', 'cancelled 000003']);
  expect(lanes.jobs).toEqual(['000001']);
});

test('lost runs are mended and told while Redis is away', async () => {
  const lanes = { ...fakeLanes(), away: true, ready: () => Promise.reject(new Error('Redis is away')) };
  const mendLostRuns = async (): Promise<MendedRun[]> => [{ action: 'requeued', task: row(1) }];
  const told: string[] = [];
  const run = lostRuns({ record: { mendLostRuns }, lanes, now }).run((action) => told.push(action));
  await expect(run).rejects.toThrow('Redis is away');
  expect(told).toEqual(['requeued']);
});

test('each lane’s jobs are compared with their rows in pages, then the next lane’s', async () => {
  const [gone, live, ended] = [randomUUID(), randomUUID(), randomUUID()];
  const operation = 'BUILD_PLAYER_BUNDLE';
  const rows: JobRow[] = [
    { id: live, operation, status: 'queued', dispatch: 'queue' },
    { id: ended, operation, status: 'failed', dispatch: 'queue' },
  ];
  const asked: string[] = [];
  const part = orphanedJobs({
    record: { findTasks: async (ids) => rows.filter(({ id }) => ids.includes(id)) },
    lanes: {
      ready: async () => undefined,
      discard: async () => true,
      async listJobIds(lane, start) {
        asked.push(`${lane} ${start}`);
        return lane === operationNames[0] && start === 0 ? [gone, live, ended, 'no-uuid'] : [];
      },
    },
  });
  expect(await tick(part)).toEqual([`job_removed ${gone}`, `job_removed ${ended}`, 'job_removed no-uuid']);
  for (let more = operationNames.length; more > 0; more -= 1) await tick(part);
  const [first, ...others] = operationNames;
  expect(asked).toEqual([`${first} 0`, `${first} ${limits.jobs}`, ...others.map((lane) => `${lane} 0`)]);
});

test('a job that a worker holds is left, and not told', async () => {
  const part = orphanedJobs({
    record: { findTasks: async () => [] },
    lanes: { ready: async () => undefined, discard: async () => false, listJobIds: async () => [randomUUID()] },
  });
  expect(await tick(part)).toEqual([]);
});

test('without a reading of the rows no job is removed', async () => {
  const discarded: string[] = [];
  const part = orphanedJobs({
    record: { findTasks: () => Promise.reject(new Error('the store is away')) },
    lanes: {
      ready: async () => undefined,
      listJobIds: async () => [randomUUID()],
      discard: async (_lane, id) => discarded.push(id) > 0,
    },
  });
  await expect(tick(part)).rejects.toThrow('the store is away');
  expect(discarded).toEqual([]);
});

test('old tasks go a full page a tick, then there is a pause', async () => {
  const pages: PurgedTask[][] = [limits.purgedTasks, 1, 1].map((length) => Array(length).fill(row(1)) as PurgedTask[]);
  const ages: number[] = [];
  const purgeTasks = async (finishedBeforeMs: number) => {
    ages.push(finishedBeforeMs);
    return pages.shift() ?? [];
  };
  const part = oldTasks({ record: { purgeTasks }, retentionDays: 7, now });
  expect([await tick(part), await tick(part), await tick(part)].map(({ length }) => length)).toEqual([
    limits.purgedTasks,
    1,
    0,
  ]);
  expect(ages).toEqual([7, 7].map((days) => days * 86_400_000));
});
