import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectSoundEvents } from './soundEvents.ts';
import { canary, ended, inCall, type System, startSystem, waitForTask } from './system.ts';

/** Longer than any test looks: a task that ends sooner was stopped in the middle of its call. */
const callMs = 10_000;

let system: System;
beforeAll(async () => {
  system = await startSystem(callMs);
});
afterAll(() => system.stop());

const newStory = () => system.client.createStory('A fox', `A fox crosses a frozen lake. ${canary}`);

async function jobOf(taskId: string, operation: string): Promise<boolean> {
  const { hostname: host, port } = new URL(system.redisUrl);
  const queue = new Queue(`story-task-jobs.${operation}`, { connection: { host, port: Number(port) } });
  const job = await queue.getJob(taskId);
  await queue.close();
  return job !== undefined;
}

test('a task is cancelled in the middle of its model call, at once', async () => {
  const taskId = await system.client.createTask('REGENERATE_CONSTITUTION', await newStory());
  expect((await waitForTask(system, taskId, inCall)).cancelable).toBe(true);
  expect(await system.client.cancelTask(taskId, 'changed my mind')).toBe(202);
  const answeredAt = performance.now();
  const end = await waitForTask(system, taskId, ended);
  console.log(`cancel answered -> cancelled: ${Math.round(performance.now() - answeredAt)} ms`);
  expect(end.task).toMatchObject({ status: 'cancelled', taskCancelled: true, cancelReason: 'changed my mind' });
  expect(performance.now() - answeredAt).toBeLessThan(2_500);
  expectSoundEvents(end);
});

test('a cancellation whose message is lost is found by the next heartbeat', async () => {
  const taskId = await system.client.createTask('REGENERATE_CONSTITUTION', await newStory());
  await waitForTask(system, taskId, inCall);
  // The flag alone, as it is when Redis loses the message.
  await system.tasks.cancelTask(taskId);
  const end = await waitForTask(system, taskId, ended, callMs);
  expect(end.task.status).toBe('cancelled');
  expectSoundEvents(end);
});

test('a task that waits is cancelled at once, and its job is gone', async () => {
  const storyId = await newStory();
  const running = await system.client.createTask('REGENERATE_CONSTITUTION', storyId);
  await waitForTask(system, running, inCall);
  const waiting = await system.client.createTask('REGENERATE_CONSTITUTION', storyId);
  expect(await jobOf(waiting, 'REGENERATE_CONSTITUTION')).toBe(true);
  expect(await system.client.cancelTask(waiting, 'not needed')).toBe(200);
  const end = await waitForTask(system, waiting, ended);
  expect(end.task).toMatchObject({ status: 'cancelled', attempt: 0 });
  expectSoundEvents(end);
  await expect.poll(() => jobOf(waiting, 'REGENERATE_CONSTITUTION')).toBe(false);
  await system.client.cancelTask(running, 'done looking');
  await waitForTask(system, running, ended);
});

test('a queued row that has no job is found and run; a direct one is left alone', async () => {
  await system.replaceWorker({});
  const storyId = await newStory();
  const row = { operation: 'REGENERATE_CONSTITUTION', storyId } as const;
  const { task: direct } = await system.tasks.createTask({ ...row, dispatch: 'direct' });
  const { task: queued } = await system.tasks.createTask({ ...row, dispatch: 'queue' });
  const end = await waitForTask(system, queued.id, ended);
  expect(end.task.status).toBe('succeeded');
  expectSoundEvents(end);
  expect(await system.tasks.getTask(direct.id)).toMatchObject({ status: 'queued', attempt: 0 });
});

test('a worker that is told to stop releases its task unspent, and the next one resumes it', async () => {
  await system.replaceWorker({ OFFLINE_LATENCY_MS: '150' });
  const storyId = await newStory();
  await waitForTask(
    system,
    await system.client.createTask('RUN_WORKFLOW_TASK', storyId, { task: 'CREATE_CONSTITUTION' }),
    ended,
  );
  const taskId = await system.client.createTask('RUN_WORKFLOW_TASK', storyId, { task: 'CREATE_INTERACTIVE_SCRIPT' });
  await waitForTask(system, taskId, ({ events }) => events.some((event) => event.message.startsWith('Scenelet 2 ')));
  await system.replaceWorker({});
  const end = await waitForTask(system, taskId, ended);
  expect(end.task).toMatchObject({ status: 'succeeded', attempt: 2 });
  expect((await system.tasks.getTask(taskId)).attemptsSpent).toBe(0);
  expect(end.events.some((event) => event.status === 'queued' && event.message.startsWith('Released'))).toBe(true);
  const written = end.events.map((event) => /^Scenelet (\d+) of/.exec(event.message)?.[1]).filter(Boolean);
  expect(new Set(written).size).toBe(written.length);
  expectSoundEvents(end);
});

test('a call that outlasts the drain is aborted, and its task released', async () => {
  await system.replaceWorker({ OFFLINE_LATENCY_MS: String(callMs), DRAIN_SECONDS: '0.5' });
  const taskId = await system.client.createTask('REGENERATE_CONSTITUTION', await newStory());
  await waitForTask(system, taskId, inCall);
  const startedAt = performance.now();
  await system.replaceWorker({});
  expect(performance.now() - startedAt).toBeLessThan(callMs / 2);
  const end = await waitForTask(system, taskId, ended);
  expect(end.task).toMatchObject({ status: 'succeeded', attempt: 2 });
  expect((await system.tasks.getTask(taskId)).attemptsSpent).toBe(0);
  expectSoundEvents(end);
});

test('retries are off, and a request may turn them on', async () => {
  await system.replaceWorker({ OFFLINE_FAIL: 'constitution:1:LLM_UNAVAILABLE' });
  const storyId = await newStory();
  const once = await system.client.createTask('REGENERATE_CONSTITUTION', storyId);
  expect((await waitForTask(system, once, ended)).task).toMatchObject({
    status: 'failed',
    errorCode: 'LLM_UNAVAILABLE',
  });
  await system.replaceWorker({ OFFLINE_FAIL: 'constitution:1:LLM_UNAVAILABLE' });
  const twice = await system.client.createTask('REGENERATE_CONSTITUTION', storyId, undefined, 2);
  const end = await waitForTask(system, twice, ended);
  expect(end.task).toMatchObject({ status: 'succeeded', attempt: 2, maxAttempts: 2, errorCode: null });
  expect(end.events.some((event) => event.status === 'queued' && event.eventType === 'error')).toBe(true);
  expectSoundEvents(end);
});

test('a worker runs as many of an operation at once as it is told to, and says how it stands', async () => {
  await system.replaceWorker({ OFFLINE_LATENCY_MS: '3000', WORKER_CONCURRENCY: '2' });
  const storyId = await newStory();
  const create = () => system.client.createTask('REGENERATE_CONSTITUTION', storyId);
  const ids = [await create(), await create(), await create()];
  await Promise.all(ids.slice(0, 2).map((id) => waitForTask(system, id, inCall)));
  const health = (await (await fetch(system.workerHealthUrl())).json()) as Record<string, unknown>;
  expect(health).toMatchObject({ ok: true, running: 2, lanes: { REGENERATE_CONSTITUTION: { active: 2, waiting: 1 } } });
  expect((await system.client.getTask(ids[2] ?? '')).task.status).toBe('queued');
  for (const id of ids.reverse()) await system.client.cancelTask(id, 'seen');
  await Promise.all(ids.map((id) => waitForTask(system, id, ended)));
});

test('a failure ends with its code in the row and in an error event', async () => {
  const taskId = await system.client.createTask('RUN_WORKFLOW_TASK', await newStory(), { task: 'CREATE_SHOT_LIST' });
  const end = await waitForTask(system, taskId, ended);
  expect(end.task).toMatchObject({ status: 'failed', errorCode: 'PREREQUISITE_MISSING' });
  expect(end.events[0]).toMatchObject({
    eventType: 'error',
    status: 'failed',
    payload: { code: 'PREREQUISITE_MISSING' },
  });
  expectSoundEvents(end);
});

test('a job whose row is not there ends quietly', async () => {
  const { hostname: host, port } = new URL(system.redisUrl);
  const queue = new Queue('story-task-jobs.REGENERATE_CONSTITUTION', { connection: { host, port: Number(port) } });
  const taskId = randomUUID();
  await queue.add(
    'x',
    { taskId, operation: 'REGENERATE_CONSTITUTION', storyId: null },
    { jobId: taskId, removeOnComplete: true },
  );
  await expect.poll(() => jobOf(taskId, 'REGENERATE_CONSTITUTION')).toBe(false);
  await queue.close();
});

test('neither the prompt nor the key was logged', async () => {
  const logs = await system.allLogs();
  expect(logs).toContain('"run ended"');
  expect(logs).not.toContain(canary);
  expect(logs).not.toMatch(/sb_secret_/);
});
