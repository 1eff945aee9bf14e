import type { JobData } from '@story-tasks/contracts';
import { settled, VirtualClock, virtualWorld } from '@story-tasks/contracts/test';
import { createLogger } from '@story-tasks/runtime';
import { expect, test, vi } from 'vitest';
import { type JobEnd, processJob, type WorkerDependencies } from './processJob.ts';

const job: JobData = {
  taskId: '00000000-0000-4000-8000-000000000001',
  operation: 'BUILD_PLAYER_BUNDLE',
  storyId: null,
};

/** A worker of one slot, with as much as a job needs that is not claimed. */
function refusing(claimTask: () => Promise<unknown>, clock: VirtualClock): WorkerDependencies {
  const logging = { ...virtualWorld(clock), repository: { claimTask }, settings: { leaseMs: 15_000 } };
  const settings = { globalConcurrency: 1, timeoutSeconds: 60 };
  return {
    logging,
    logger: createLogger('test', 'silent'),
    workerId: 'worker-1',
    slots: () => 1,
    settings: () => settings,
  } as unknown as WorkerDependencies;
}

test.each([
  ['a claim that the limit refuses', async () => ({ outcome: 'refused', reason: 'limit', retryAfterMs: 0 })],
  ['a store that is away', () => Promise.reject(new Error('away'))],
])('%s keeps the slot for a second, so that a long lane is not asked job by job', async (_, answer) => {
  const clock = new VirtualClock();
  const claimTask = vi.fn(answer);
  const ends: JobEnd[] = [];
  void processJob(refusing(claimTask, clock), job).then((end) => ends.push(end));
  await clock.pass(999);
  expect(ends).toEqual([]);
  await clock.pass(1);
  await settled();
  expect(ends).toEqual([{ next: 'again', delayMs: 1 }]);
  expect(claimTask).toHaveBeenCalledTimes(1);
});

test('a job whose time has not come is put away until then, and its slot goes on', async () => {
  const claimTask = async () => ({ outcome: 'refused', reason: 'not_yet', retryAfterMs: 4_000 });
  const end = await processJob(refusing(claimTask, new VirtualClock()), job);
  expect(end).toEqual({ next: 'again', delayMs: 4_000 });
});
