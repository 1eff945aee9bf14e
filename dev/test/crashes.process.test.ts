/** Processes that die or freeze in the middle of a task, and what becomes of it. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GetTaskAnswer, Operation } from '@story-tasks/contracts';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProcess } from '../src/processes.ts';
import { expectSoundEvents } from './soundEvents.ts';
import { ended, inCall, type System, startSystem, waitForTask } from './system.ts';

const leaseMs = 3_000;
/** The operator's default between two ticks. */
const tickMs = 2_000;
/** For the calls of the take-over itself, on a machine that is busy with the test. */
const marginMs = 1_500;
const takeOverLimitMs = leaseMs + tickMs + marginMs;

const lease = { LEASE_SECONDS: String(leaseMs / 1_000) };
/** Steps that take long enough to be caught in the middle. */
const steps = { ...lease, OFFLINE_LATENCY_MS: '150' };
/** A call that outlasts every wait of its test. */
const endless = { ...lease, OFFLINE_LATENCY_MS: '60000' };

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

const newStory = () => system.client.createStory('A fox', 'A fox crosses a frozen lake.');

/** A script task that has written two scenelets and is at the third. */
async function scriptUnderWay(): Promise<{ taskId: string; storyId: string }> {
  const storyId = await newStory();
  const make = (task: string) => system.client.createTask('RUN_WORKFLOW_TASK', storyId, { task });
  await waitForTask(system, await make('CREATE_CONSTITUTION'), ended);
  const taskId = await make('CREATE_INTERACTIVE_SCRIPT');
  await waitForTask(system, taskId, ({ events }) => events.some((event) => event.message.startsWith('Scenelet 2 ')));
  return { taskId, storyId };
}

const atAttempt =
  (attempt: number) =>
  ({ task }: GetTaskAnswer): boolean =>
    task.attempt === attempt;

/** @returns the places of the scenelets that the events tell of, as they were written */
const written = ({ events }: GetTaskAnswer): number[] =>
  events
    .map((event) => /^Scenelet (\d+) of/.exec(event.message)?.[1])
    .filter((place) => place !== undefined)
    .map(Number)
    .reverse();

/** Every step was paid for once, but for the one that was in flight when the first run was lost. */
function expectNothingPaidTwice(end: GetTaskAnswer): void {
  const { scenelets, generated, reused, llmCalls } = end.task.result as Record<string, number>;
  expect(llmCalls).toBe(generated);
  // The outline, and each scenelet.
  expect((generated ?? 0) + (reused ?? 0)).toBe((scenelets ?? 0) + 1);
  const places = written(end);
  expect(new Set(places).size).toBe(places.length);
}

function tellTakeOver(what: string, since: number): number {
  const tookMs = Math.round(performance.now() - since);
  console.log(`${what}: taken over after ${tookMs} ms, lease ${leaseMs} ms, tick ${tickMs} ms`);
  return tookMs;
}

test('a worker that is killed in the middle of a script loses its task to another, and no step is paid twice', async () => {
  await system.replaceWorker(steps);
  const { taskId } = await scriptUnderWay();
  const victim = system.worker();
  await system.addWorker(steps);
  await victim.kill();
  const killedAt = performance.now();
  await waitForTask(system, taskId, atAttempt(2), takeOverLimitMs);
  expect(tellTakeOver('SIGKILL in a script', killedAt)).toBeLessThan(takeOverLimitMs);
  const end = await waitForTask(system, taskId, ended);
  expect(end.task).toMatchObject({ status: 'succeeded', attempt: 2 });
  expect((await system.tasks.getTask(taskId)).attemptsSpent).toBe(0);
  expectNothingPaidTwice(end);
  expectSoundEvents(end);
});

test('a worker that freezes for twice its lease writes nothing more when it wakes', async () => {
  await system.replaceWorker({ ...steps, POD_NAME: 'zombie' });
  const { taskId, storyId } = await scriptUnderWay();
  const zombie = system.worker();
  await system.addWorker(steps);
  zombie.freeze();
  const frozenAt = performance.now();
  await waitForTask(system, taskId, atAttempt(2), takeOverLimitMs);
  tellTakeOver('SIGSTOP in a script', frozenAt);
  const end = await waitForTask(system, taskId, ended);
  await expect.poll(() => performance.now() - frozenAt, { timeout: 3 * leaseMs }).toBeGreaterThan(2 * leaseMs);
  const before = [end, await system.stories.getStory(storyId)];

  zombie.thaw();
  await expect.poll(() => outcomeOf(taskId, 1), { timeout: 10_000 }).toBe('stale');
  expect([await system.client.getTask(taskId), await system.stories.getStory(storyId)]).toEqual(before);
  expect(end.task).toMatchObject({ status: 'succeeded', attempt: 2 });
  expectNothingPaidTwice(end);
  expectSoundEvents(end);
  await zombie.kill();
});

/** What a run said of its own end in the log, if it has. */
async function outcomeOf(taskId: string, attempt: number): Promise<unknown> {
  const lines = (await system.allLogs()).split('\n').filter((line) => line.includes(taskId));
  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return told.find((line) => line['msg'] === 'run ended' && line['attempt'] === attempt)?.['outcome'];
}

test('a task that loses three workers at the same step fails', async () => {
  await system.replaceWorker(endless);
  const taskId = await system.client.createTask('REGENERATE_CONSTITUTION', await newStory());
  for (const attempt of [1, 2, 3]) {
    const inThisCall = (answer: GetTaskAnswer) =>
      atAttempt(attempt)(answer) &&
      answer.events.filter((event) => event.payload?.['phase'] === 'generating').length === attempt;
    await waitForTask(system, taskId, inThisCall, takeOverLimitMs);
    const victim = system.worker();
    if (attempt < 3) await system.addWorker(endless);
    await victim.kill();
  }
  const end = await waitForTask(system, taskId, ended, takeOverLimitMs);
  expect(end.task).toMatchObject({ status: 'failed', errorCode: 'WORKER_LOST', attempt: 3 });
  expect(end.events[0]).toMatchObject({ eventType: 'error', status: 'failed', payload: { code: 'WORKER_LOST' } });
  expectSoundEvents(end);
});

test('a cancellation that finds its worker dead is carried out when the lease runs out', async () => {
  await system.replaceWorker(endless);
  const taskId = await system.client.createTask('REGENERATE_CONSTITUTION', await newStory());
  await waitForTask(system, taskId, inCall);
  await system.worker().kill();
  const killedAt = performance.now();
  expect(await system.client.cancelTask(taskId, 'not needed')).toBe(202);
  const end = await waitForTask(system, taskId, ended, takeOverLimitMs);
  console.log(`cancelled without its worker after ${Math.round(performance.now() - killedAt)} ms`);
  expect(end.task).toMatchObject({ status: 'cancelled', attempt: 1, cancelReason: 'not needed', errorCode: null });
  expectSoundEvents(end);
});

test('tasks whose jobs Redis lost are all run', async () => {
  await system.worker().kill();
  const storyId = await newStory();
  const operations: Operation[] = ['REGENERATE_CONSTITUTION', 'RUN_WORKFLOW_TASK', 'REGENERATE_CONSTITUTION'];
  const create = (operation: Operation) =>
    system.client.createTask(
      operation,
      storyId,
      operation === 'RUN_WORKFLOW_TASK' ? { task: 'CREATE_CONSTITUTION' } : {},
    );
  const ids = [];
  for (const operation of operations) ids.push(await create(operation));
  const redis = new Redis(system.redisUrl);
  await redis.flushall();
  redis.disconnect();
  const lostAt = performance.now();
  await system.addWorker(lease);
  for (const id of ids) {
    const end = await waitForTask(system, id, ended);
    expect(end.task).toMatchObject({ status: 'succeeded', attempt: 1 });
    expectSoundEvents(end);
  }
  console.log(`FLUSHALL: all run after ${Math.round(performance.now() - lostAt)} ms`);
});

test('a direct task whose command was killed fails, and no worker gets it', async () => {
  const storyId = await newStory();
  const bin = fileURLToPath(new URL('../../agent-backend/bin/agent-backend.js', import.meta.url));
  const cli = await startProcess({
    name: 'agent-backend',
    command: process.execPath,
    args: [bin, 'constitution', storyId],
    env: { ...system.environment, OFFLINE_LATENCY_MS: '60000' },
    logFile: join(system.logs, 'agent-backend.log'),
  });
  const newest = async () => (await system.tasks.listRecentByStory(storyId, 1))[0];
  await expect.poll(async () => (await newest())?.status, { timeout: 20_000 }).toBe('running');
  await cli.kill();
  const taskId = (await newest())?.id ?? '';
  const end = await waitForTask(system, taskId, ended);
  expect(end.task).toMatchObject({ status: 'failed', errorCode: 'WORKER_LOST', attempt: 1 });
  expect(end.events.filter((event) => event.status === 'queued')).toHaveLength(1);
  expectSoundEvents(end);
});
