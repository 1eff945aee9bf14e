import { randomUUID } from 'node:crypto';
import { publicTask } from '@story-tasks/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createReconcileRepository,
  createStoryTasksRepository,
  type ReconcileRepository,
  type StoryTasksRepository,
  TaskNotFoundError,
} from '../src/index.ts';
import { type Backend, backends } from './backends.ts';

describe.each(backends)('the reconciler’s record on $backend', ({ start }) => {
  let backend: Backend;
  let tasks: StoryTasksRepository;
  let reconcile: ReconcileRepository;
  beforeAll(async () => {
    backend = await start();
    tasks = createStoryTasksRepository(backend.store);
    reconcile = createReconcileRepository(backend.store);
  });
  afterAll(() => backend.stop());

  /** A task whose run has lost its lease already. */
  async function lostRun(): Promise<string> {
    const { task } = await tasks.createTask({ operation: 'BUILD_PLAYER_BUNDLE', dispatch: 'queue' });
    const claim = { taskId: task.id, claimToken: randomUUID(), workerId: 'worker-1', leaseMs: 0, resumable: true };
    expect((await tasks.claimTask(claim)).outcome).toBe('claimed');
    return task.id;
  }

  test('a mended run comes back as the record has it, and once', async () => {
    const id = await lostRun();
    const [mended, ...others] = await reconcile.mendLostRuns(['BUILD_PLAYER_BUNDLE'], 10);
    expect(others).toEqual([]);
    expect(mended).toEqual({ action: 'requeued', task: await tasks.getTask(id) });
    expect(mended && publicTask(mended.task).status).toBe('queued');
    expect(await reconcile.mendLostRuns(['BUILD_PLAYER_BUNDLE'], 10)).toEqual([]);
  });

  test('rows are found by their ids, and none are asked for without', async () => {
    const id = await lostRun();
    const row = { id, operation: 'BUILD_PLAYER_BUNDLE', status: 'running', dispatch: 'queue' };
    expect(await reconcile.findTasks([randomUUID(), id])).toEqual([row]);
    expect(await reconcile.findTasks([])).toEqual([]);
  });

  test('what ended is purged by its age', async () => {
    const { task } = await tasks.createTask({ operation: 'BUILD_PLAYER_BUNDLE', dispatch: 'queue' });
    await tasks.cancelTask(task.id);
    expect(await reconcile.purgeTasks(60_000, 10)).toEqual([]);
    expect(await reconcile.purgeTasks(0, 10)).toEqual([{ id: task.id, operation: task.operation }]);
    await expect(tasks.getTask(task.id)).rejects.toThrow(TaskNotFoundError);
  });
});
