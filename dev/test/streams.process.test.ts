import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { taskEventsChannel } from '@story-tasks/contracts';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRedis } from '../src/redis.ts';
import { eventsOf, faultsOf, follow, openStream } from './eventStreams.ts';
import { post, taskIdIn } from './httpCalls.ts';
import { ended, type System, startSystem, waitForTask } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem(100);
});
afterAll(() => system.stop());

const newStory = () => system.client.createStory('A fox', 'A fox crosses a frozen lake to return a lantern.');

async function storyWithConstitution(): Promise<string> {
  const storyId = await newStory();
  await waitForTask(system, await system.client.createTask('REGENERATE_CONSTITUTION', storyId), ended);
  return storyId;
}

/** A task that tells much, held so that readers can be there before its first step. */
async function heldScript(storyId: string): Promise<string> {
  const options = { task: 'CREATE_INTERACTIVE_SCRIPT' };
  const body = { operation: 'RUN_WORKFLOW_TASK', storyId, options, autoStart: false };
  return taskIdIn(await post(system, '/api/story-tasks', body));
}

const start = (taskId: string) => post(system, `/api/story-tasks/${taskId}/start`);

/** A task that the test itself runs: whoever writes straight to the store publishes no hint. */
async function directTask(): Promise<string> {
  const { task } = await system.tasks.createTask({ operation: 'BUILD_PLAYER_BUNDLE', storyId: await newStory() });
  await system.tasks.updateStatus(task.id, { status: 'running' });
  return task.id;
}
const tell = (taskId: string, message: string, payload = {}) =>
  system.tasks.appendEvent(taskId, { id: randomUUID(), eventType: 'info', message, payload });

/** The events that a stream sends until it ends. */
async function streamed(taskId: string, after?: number): Promise<unknown[]> {
  return Array.fromAsync(eventsOf(await openStream(system.apiUrl, taskId, after)));
}

test('a task is watched from its first event to its last, and can be taken up anywhere', async () => {
  const taskId = await heldScript(await storyWithConstitution());
  const watched = streamed(taskId);
  expect((await start(taskId)).status).toBe(200);
  const { events } = await waitForTask(system, taskId, ended);
  const oldestFirst = events.toReversed();
  expect(oldestFirst.length).toBeGreaterThan(10);
  expect(oldestFirst.at(-1)?.status).toBe('succeeded');
  expect(await watched).toEqual(oldestFirst);
  for (let after = 0; after < oldestFirst.length; after += 1) {
    expect(await streamed(taskId, after)).toEqual(oldestFirst.slice(after));
  }
  const over = await openStream(system.apiUrl, taskId, oldestFirst.length);
  expect(over.statusCode).toBe(204);
});

test('Last-Event-ID wins over the number in the URL, and both are checked', async () => {
  const taskId = await heldScript(await newStory());
  await system.client.cancelTask(taskId, 'seen enough');
  const read = async (headers: Record<string, string>, query = '') => {
    const url = `${system.apiUrl}/api/story-tasks/${taskId}/events${query}`;
    const response = await fetch(url, { headers: { Accept: 'text/event-stream', ...headers } });
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };
  expect((await read({}, '?after=1')).text).toMatch(/^retry: \d+\n\nid: 2\ndata: {.*}\n\n$/);
  expect(await read({ 'Last-Event-ID': '2' }, '?after=1')).toMatchObject({ status: 204, text: '' });
  expect((await read({ 'Last-Event-ID': '' }, '?after=1')).text).toContain('id: 2\n');
  expect(await read({ 'Last-Event-ID': 'x' })).toMatchObject({ status: 422, type: expect.stringContaining('problem') });
  expect((await read({ Accept: '*/*' })).type).toContain('application/json');
  expect(
    (
      await fetch(`${system.apiUrl}/api/story-tasks/${randomUUID()}/events`, {
        headers: { Accept: 'text/event-stream' },
      })
    ).status,
  ).toBe(404);
});

test('an event reaches its reader at once by a hint', async () => {
  const taskId = await heldScript(await newStory());
  const stream = eventsOf(await openStream(system.apiUrl, taskId));
  await stream.next();
  const cancelledAt = performance.now();
  await system.client.cancelTask(taskId, 'now');
  expect((await stream.next()).value).toMatchObject({ seq: 2, status: 'cancelled' });
  console.log(`cancel sent -> event read: ${Math.round(performance.now() - cancelledAt)} ms`);
  // Less than the soonest look without a hint.
  expect(performance.now() - cancelledAt).toBeLessThan(2_000);
});

test('without a hint, and without Redis, an event still comes', async () => {
  const taskId = await directTask();
  const reading = follow(system.apiUrl, taskId);
  await expect.poll(() => reading.seqs).toEqual([1, 2]);
  await tell(taskId, 'without a hint');
  await expect.poll(() => reading.seqs, { timeout: 6_000 }).toEqual([1, 2, 3]);
  await system.processes.redis.stop();
  await tell(taskId, 'without Redis');
  await expect.poll(() => reading.seqs, { timeout: 6_000 }).toEqual([1, 2, 3, 4]);
  const port = Number(new URL(system.redisUrl).port);
  const redis = await startRedis({
    dir: join(system.logs, '..', 'redis'),
    port,
    logFile: join(system.logs, 'redis.log'),
  });
  restarted.push(redis);
  await system.tasks.updateStatus(taskId, { status: 'succeeded' });
  await reading.done;
  expect([reading.seqs, reading.opened]).toEqual([[1, 2, 3, 4, 5], 1]);
});
const restarted: { stop(): Promise<void> }[] = [];
afterAll(() => Promise.all(restarted.map((redis) => redis.stop())));

test('readers go on at another process where a restart of the API cut them off', async () => {
  const taskId = await directTask();
  const readings = [undefined, 0, 1].map((after) => follow(system.apiUrl, taskId, after));
  await expect.poll(() => readings.every(({ seqs }) => seqs.at(-1) === 2)).toBe(true);
  const [restart, told] = [system.replaceApi(), Array.from({ length: 40 }, (_, n) => `event ${n}`)];
  for (const message of told) await tell(taskId, message);
  await restart;
  await system.tasks.updateStatus(taskId, { status: 'succeeded' });
  await Promise.all(readings.map(({ done }) => done));
  const faults = readings.map(({ seqs }, index) => faultsOf(seqs, index === 2 ? 2 : 1, 43));
  expect(faults).toEqual(Array(3).fill({ missing: 0, repeated: 0 }));
  expect(readings.map(({ opened }) => opened)).toEqual([2, 2, 2]);
});

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

test('readers that take nothing cost next to nothing, and hold up neither the others nor a shutdown', async () => {
  const taskId = await directTask();
  const paused = await Promise.all(Array.from({ length: 30 }, () => openStream(system.apiUrl, taskId)));
  const before = await residentMegabytes(system.apiPid());
  const reading = follow(system.apiUrl, taskId);
  // 15 MB, far more than the sockets of one connection take: 450 MB if each reader had its own.
  const payload = { text: 'x'.repeat(50_000) };
  for (let n = 0; n < 300; n += 1) await tell(taskId, `event ${n}`, payload);
  await expect.poll(() => reading.seqs.at(-1), { timeout: 15_000 }).toBe(302);
  const after = await residentMegabytes(system.apiPid());
  console.log(`30 paused readers of 15 MB: the API grew from ${Math.round(before)} MB to ${Math.round(after)} MB`);
  expect(after - before).toBeLessThan(250);
  const stoppedAt = performance.now();
  await system.replaceApi();
  // They would take 30 s to be given up; the start of the next API is in this figure.
  expect(performance.now() - stoppedAt).toBeLessThan(8_000);
  await system.tasks.updateStatus(taskId, { status: 'succeeded' });
  await reading.done;
  expect(faultsOf(reading.seqs, 1, 303)).toEqual({ missing: 0, repeated: 0 });
  for (const response of paused) {
    const seqs = (await Array.fromAsync(eventsOf(response))).map(({ seq }) => seq);
    expect(faultsOf(seqs, 1, seqs.length)).toEqual({ missing: 0, repeated: 0 });
  }
});

/** Says what no reader understands on the channel of hints. @returns how many connections listened */
async function subscribersAfterNoise(): Promise<number> {
  const redis = new Redis(system.redisUrl);
  const listeners = await Promise.all(
    ['noise', '{}', '{"taskId":7}', 'null'].map((text) => redis.publish(taskEventsChannel, text)),
  );
  await redis.quit();
  return Math.max(...listeners);
}

test('a thousand readers of twenty tasks miss nothing while the API is restarted', async () => {
  const [tasks, readersEach] = [20, 50];
  await system.replaceWorker({ OFFLINE_LATENCY_MS: '400', WORKER_CONCURRENCY: '20' });
  const storyId = await storyWithConstitution();
  const ids = await Promise.all(Array.from({ length: tasks }, () => heldScript(storyId)));
  const readings = ids.flatMap((id) => Array.from({ length: readersEach }, () => follow(system.apiUrl, id)));
  await expect.poll(() => readings.every(({ seqs }) => seqs.length > 0), { timeout: 30_000 }).toBe(true);
  expect(await subscribersAfterNoise()).toBe(1);
  await Promise.all(ids.map(start));
  await expect.poll(() => readings.every(({ seqs }) => seqs.length > 5), { timeout: 30_000 }).toBe(true);
  await system.replaceApi();
  await Promise.all(readings.map(({ done }) => done));
  const lastSeqs = await Promise.all(ids.map(async (id) => (await system.tasks.getTask(id)).lastSeq));
  const faults = readings.map(({ seqs }, index) => faultsOf(seqs, 1, lastSeqs[Math.floor(index / readersEach)] ?? 0));
  const sum = (of: readonly number[]) => of.reduce((total, figure) => total + figure, 0);
  const [expected, received] = [sum(lastSeqs) * readersEach, sum(readings.map(({ seqs }) => seqs.length))];
  const [missing, repeated] = [sum(faults.map((f) => f.missing)), sum(faults.map((f) => f.repeated))];
  console.log(`expected ${expected}, received ${received}, missing ${missing}, repeated ${repeated}`);
  expect([missing, repeated]).toEqual([0, 0]);
  expect(readings.every(({ opened }) => opened >= 2)).toBe(true);
});
