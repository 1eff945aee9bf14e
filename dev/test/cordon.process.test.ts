/** A worker process that is cordoned, as the operator does it before it takes a worker away. */
import { randomUUID } from 'node:crypto';
import type { WorkerReport } from '@story-tasks/contracts';
import { connectRedis, createLogger, listenToWorkerReports, publishWorkerControl } from '@story-tasks/runtime';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { probe } from './parts.ts';
import { ended, inCall, type System, startSystem, waitForTask } from './system.ts';

const within2s = { timeout: 2_000, interval: 20 };
const callMs = 1_500;
const workerId = 'cordoned-worker';

let system: System;
let [redis, subscriber]: Redis[] = [];
let reports: WorkerReport[];
beforeAll(async () => {
  system = await startSystem(callMs);
  await system.replaceWorker({ POD_NAME: workerId, OFFLINE_LATENCY_MS: String(callMs) });
  const logger = createLogger('test', 'silent');
  redis = connectRedis(system.redisUrl, 'prompt', logger);
  subscriber = connectRedis(system.redisUrl, 'subscriber', logger);
  await listenToWorkerReports(subscriber, (report) => reports.push(report), logger);
});
beforeEach(() => {
  reports = [];
});
afterAll(async () => {
  redis?.disconnect();
  subscriber?.disconnect();
  await system?.stop();
});

async function cordon(forMs = 60_000): Promise<string> {
  const token = randomUUID();
  await publishWorkerControl(redis as Redis, { command: 'cordon', token, workerIds: [workerId, 'another'], forMs });
  return token;
}
const uncordon = () => publishWorkerControl(redis as Redis, { command: 'uncordon', workerIds: [workerId] });
const idleOf = (token: string) => reports.filter((report) => report.token === token).map(({ idle }) => idle);

async function newTask(): Promise<string> {
  const storyId = await system.client.createStory('A fox', 'A fox crosses a frozen lake.');
  return system.client.createTask('REGENERATE_CONSTITUTION', storyId);
}
const freeSlots = async () => {
  const text = await (await fetch(`${system.opsUrls().worker}/metrics`)).text();
  return [...text.matchAll(/story_tasks_worker_slots\{operation="\w+",state="free"\} (\d)/g)].map(([, count]) => count);
};

test('an idle worker says so, takes nothing, and stays ready and alive; lifted, it takes at once', async () => {
  const token = await cordon();
  await expect.poll(() => idleOf(token).at(-1), within2s).toBe(true);
  const taskId = await newTask();
  expect(await freeSlots()).toEqual(['0', '0', '0']);
  for (const page of ['readyz', 'healthz'])
    expect((await probe(`${system.opsUrls().worker}/${page}`)).status).toBe(200);
  // Asked again, it answers under the new token.
  const again = await cordon();
  await expect.poll(() => idleOf(again), within2s).toEqual([true]);
  expect((await system.client.getTask(taskId)).task).toMatchObject({ status: 'queued', attempt: 0 });
  await uncordon();
  await waitForTask(system, taskId, inCall, 2_000);
  await waitForTask(system, taskId, ended);
});

test('a busy worker finishes its run, takes no other, and only then says that it is idle', async () => {
  const [first, second] = [await newTask(), await newTask()];
  await waitForTask(system, first, inCall);
  const token = await cordon();
  await expect.poll(() => idleOf(token), within2s).toEqual([false]);
  const { task } = await waitForTask(system, first, ended);
  expect(task).toMatchObject({ status: 'succeeded', attempt: 1 });
  await expect.poll(() => idleOf(token), within2s).toEqual([false, true]);
  expect((await system.client.getTask(second)).task).toMatchObject({ status: 'queued', attempt: 0 });
  await uncordon();
  await waitForTask(system, second, ended);
});

test('a cordon that nobody lifts ends by itself', async () => {
  await cordon(1_000);
  const taskId = await newTask();
  const { task } = await waitForTask(system, taskId, ended);
  expect(task).toMatchObject({ status: 'succeeded', attempt: 1 });
});
