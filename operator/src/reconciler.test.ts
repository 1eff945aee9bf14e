import type { TaskRecord } from '@story-tasks/contracts';
import { createLogger } from '@story-tasks/runtime';
import { expect, test } from 'vitest';
import { Reconciler } from './reconciler.ts';

const row = (number: number) =>
  ({
    id: String(number).padStart(6, '0'),
    dispatch: 'queue',
    status: 'queued',
    held: false,
    availableAt: '2026-11-22T11:59:00Z',
  }) as TaskRecord;

function reconcilerOver(rows: readonly TaskRecord[]) {
  const enqueued: string[] = [];
  const reconciler = new Reconciler({
    tasks: {
      listQueued: async (after, limit) => rows.filter((task) => after === null || task.id > after).slice(0, limit),
    },
    lanes: { hasJob: async (task) => enqueued.includes(task.id), enqueue: async (task) => void enqueued.push(task.id) },
    now: () => Date.parse('2026-11-22T12:00:00Z'),
    logger: createLogger('test', 'silent'),
  });
  return { reconciler, enqueued };
}

test('a tick does one page, the next goes on behind it, and then it begins anew', async () => {
  const rows = Array.from({ length: 450 }, (_, number) => row(number));
  const { reconciler, enqueued } = reconcilerOver(rows);
  expect([await reconciler.tick(), await reconciler.tick(), await reconciler.tick(), await reconciler.tick()]).toEqual([
    200, 200, 50, 0,
  ]);
  expect(enqueued).toEqual(rows.map((task) => task.id));
});
