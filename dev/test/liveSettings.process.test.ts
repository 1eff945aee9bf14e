/** Settings that are edited while the whole system runs, and a job with them. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { hashOf } from '@story-tasks/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inCall, type System, startSystem, waitForTask } from './system.ts';

const within2s = { timeout: 2_000, interval: 20 };
/** A call that outlasts the test. */
const endlessMs = 120_000;

let system: System;
beforeAll(async () => {
  system = await startSystem(endlessMs);
});
afterAll(async () => {
  // Else the worker waits for its runs as long as it may.
  for (const id of made) await system.client.cancelTask(id, 'the test is over');
  await system?.stop();
});

async function metricsOf(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}
function figure(text: string, series: string): number {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? Number.NaN : Number(line.slice(series.length));
}
const ofAll = (series: string) => async () =>
  Promise.all(Object.values(system.opsUrls()).map(async (url) => figure(await metricsOf(url), series)));

const applied = (text: string) =>
  expect.poll(ofAll(`story_tasks_config_info{hash="${hashOf(text)}"}`), within2s).toEqual([1, 1, 1]);
const rejected = (count: number) =>
  expect.poll(ofAll('story_tasks_config_rejected_total'), within2s).toEqual([count, count, count]);
const slots = async (state: 'busy' | 'free') =>
  figure(
    await metricsOf(system.opsUrls().worker),
    `story_tasks_worker_slots{operation="REGENERATE_CONSTITUTION",state="${state}"}`,
  );

const made: string[] = [];
const newTask = async (attempts?: number) => {
  const storyId = await system.client.createStory('A fox', 'A fox crosses a frozen lake.');
  const id = await system.client.createTask('REGENERATE_CONSTITUTION', storyId, {}, attempts);
  made.push(id);
  return id;
};
const taskOf = async (id: string) => (await system.client.getTask(id)).task;

test('an edit applies to all three within two seconds while a long run goes on; what does not fit is refused; nothing is lost', async () => {
  const long = await newTask();
  await waitForTask(system, long, inCall);
  const before = await taskOf(long);
  const waiting = await newTask();

  const two = 'REGENERATE_CONSTITUTION: { concurrency: 2, globalConcurrency: 2, attempts: 4 }\n';
  await writeFile(system.operationsFile, two);
  await applied(two);
  await expect.poll(() => slots('busy'), within2s).toBe(2);
  await waitForTask(system, waiting, inCall);
  const third = await newTask();
  expect(await taskOf(third)).toMatchObject({ maxAttempts: 4, status: 'queued' });
  expect(await taskOf(await newTask(2))).toMatchObject({ maxAttempts: 2 });

  await writeFile(system.operationsFile, 'REGENERATE_CONSTITUTION: { concurrency: lots }\n');
  await rejected(1);
  await applied(two);
  expect(await system.allLogs()).toContain('REGENERATE_CONSTITUTION.concurrency: must be a whole number from 1 to 100');

  await rm(system.operationsFile);
  const paused = 'REGENERATE_CONSTITUTION: { concurrency: 5, paused: true }\n';
  await writeFile(`${system.operationsFile}.new`, paused);
  await applied(two);
  await rename(`${system.operationsFile}.new`, system.operationsFile);
  await applied(paused);
  await expect.poll(() => slots('free'), within2s).toBe(0);
  // Both that run go on; that one of them ends makes room for nobody.
  expect(await system.client.cancelTask(waiting, 'to make room')).toBe(202);
  await expect.poll(() => slots('busy'), within2s).toBe(1);
  expect(await taskOf(third)).toMatchObject({ status: 'queued', attempt: 0 });

  const open = 'REGENERATE_CONSTITUTION: { concurrency: 5 }\n';
  await writeFile(system.operationsFile, open);
  await applied(open);
  await waitForTask(system, third, inCall);
  await rejected(1);
  expect(await taskOf(long)).toMatchObject({ status: 'running', attempt: 1, startedAt: before.startedAt });
});
