/** A job that outlives its worker and its task: without an operator to remove it, it must do no harm. */

import { connectStore, createReconcileRepository } from '@story-tasks/supabase';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inCall, type System, startSystem, waitForTask } from './system.ts';

const operation = 'REGENERATE_CONSTITUTION';
const worker = { LEASE_SECONDS: '2', OFFLINE_LATENCY_MS: '60000' };

let system: System;
let queue: Queue;
beforeAll(async () => {
  system = await startSystem();
  const { hostname: host, port } = new URL(system.redisUrl);
  queue = new Queue(`story-task-jobs.${operation}`, { connection: { host, port: Number(port) } });
});
afterAll(async () => {
  await queue.close();
  await system.stop();
});

/** Fails the task as the reconciler does, once its lease has run out. */
async function failLostRun(taskId: string): Promise<void> {
  const { SUPABASE_URL: url = '', SUPABASE_SECRET_KEY: secretKey = '' } = system.environment;
  const record = createReconcileRepository(connectStore({ url, secretKey }));
  const mended = async () => (await record.mendLostRuns([], 10)).map(({ task }) => task.id);
  await expect.poll(mended, { timeout: 10_000 }).toEqual([taskId]);
}

test('a stalled job comes back to its lane, its claim is refused, and it leaves without a trace', async () => {
  await system.replaceWorker(worker);
  const storyId = await system.client.createStory('A fox', 'A fox crosses a frozen lake.');
  const taskId = await system.client.createTask(operation, storyId);
  await waitForTask(system, taskId, inCall);
  await system.processes.operator.stop();
  await system.worker().kill();
  await failLostRun(taskId);
  const failed = await system.client.getTask(taskId);
  expect([failed.task.status, await queue.getJobState(taskId)]).toEqual(['failed', 'active']);

  await system.addWorker(worker);
  await expect.poll(() => queue.getJobState(taskId), { timeout: 20_000 }).toBe('unknown');
  expect(await queue.getJobCounts()).toMatchObject({ active: 0, waiting: 0, delayed: 0, failed: 0, completed: 0 });
  expect(await system.client.getTask(taskId)).toEqual(failed);
  expect((await system.allLogs()).match(/"run started"/g)).toHaveLength(1);
});
