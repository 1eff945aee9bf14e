import { randomUUID } from 'node:crypto';
import type { Dispatch } from '@story-tasks/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createStoryTasksRepository,
  createWorkersRepository,
  type StoryTasksRepository,
  type WorkersRepository,
} from '../src/index.ts';
import { type Backend, backends } from './backends.ts';

describe.each(backends)('busy workers on $backend', ({ start }) => {
  let backend: Backend;
  let tasks: StoryTasksRepository;
  let workers: WorkersRepository;
  beforeAll(async () => {
    backend = await start();
    tasks = createStoryTasksRepository(backend.store);
    workers = createWorkersRepository(backend.store);
  });
  afterAll(() => backend.stop());

  async function run(workerId: string, leaseMs: number, dispatch: Dispatch = 'queue'): Promise<string> {
    const { task } = await tasks.createTask({ operation: 'BUILD_PLAYER_BUNDLE', dispatch });
    const claim = { taskId: task.id, claimToken: randomUUID(), workerId, leaseMs, resumable: true };
    expect((await tasks.claimTask(claim)).outcome).toBe('claimed');
    return task.id;
  }

  test('each worker with a live lease is told once, and nobody else', async () => {
    expect(await workers.listBusy()).toEqual([]);
    await run('pod-a', 60_000);
    await run('pod-a', 60_000);
    const last = await run('pod-b', 60_000);
    await run('pod-lost', 0);
    await run('cli:host:1', 60_000, 'direct');
    await tasks.createTask({ operation: 'BUILD_PLAYER_BUNDLE', dispatch: 'queue' });
    const told = [
      { workerId: 'pod-a', busyMs: expect.any(Number) },
      { workerId: 'pod-b', busyMs: expect.any(Number) },
    ];
    expect(await workers.listBusy()).toEqual(told);
    await tasks.cancelTask(last);
    // Asked to stop, it is at work until it has stopped.
    expect(await workers.listBusy()).toEqual(told);
  });

  test('how long is told by the database’s clock, of the task that is under way longest', async () => {
    await run('pod-c', 60_000);
    const busyOf = async () => (await workers.listBusy()).find(({ workerId }) => workerId === 'pod-c')?.busyMs ?? -1;
    await expect.poll(busyOf, { timeout: 10_000 }).toBeGreaterThan(50);
    await run('pod-c', 60_000);
    expect(await busyOf()).toBeGreaterThan(50);
    expect(await busyOf()).toBeLessThan(60_000);
  });
});
