/** The client and its command line against a real system whose API comes and goes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createClient, type StoryTasksClient, type TaskEvent } from '@story-tasks/client/source';
import { freePort } from '@story-tasks/supabase/lite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultsOf } from './eventStreams.ts';
import { ended, inCall, type System, startSystem, waitForTask } from './system.ts';

let system: System;
let client: StoryTasksClient;
beforeAll(async () => {
  system = await startSystem();
  client = createClient({ url: system.apiUrl });
});
afterAll(() => system.stop());

const newStory = () => system.client.createStory('A fox', 'A fox crosses a frozen lake to return a lantern.');

/** A task that the test itself runs, so that it decides when what is told. */
async function directTask(): Promise<string> {
  const { task } = await system.tasks.createTask({ operation: 'BUILD_PLAYER_BUNDLE', storyId: await newStory() });
  await system.tasks.updateStatus(task.id, { status: 'running' });
  return task.id;
}

async function tell(taskId: string, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    await system.tasks.appendEvent(taskId, { id: randomUUID(), eventType: 'info', message: `event ${n}` });
  }
}

/** Ends the API as a crash does. */
async function killApi(): Promise<void> {
  process.kill(system.apiPid(), 'SIGKILL');
  const away = () => fetch(system.apiUrl).then(Boolean, () => false);
  await expect.poll(away).toBe(false);
}

test('watches miss nothing and repeat nothing while the API is restarted, killed and away', async () => {
  const taskId = await directTask();
  const starts = [...Array(20).fill(0), 1] as number[];
  const seen: TaskEvent[][] = starts.map(() => []);
  let troubles = 0;
  const onTrouble = () => {
    troubles += 1;
  };
  const watches = starts.map(async (after, index) => {
    for await (const event of client.watch(taskId, { after, onTrouble })) seen[index]?.push(event);
  });
  const all = (seq: number) =>
    expect.poll(() => seen.every((events) => events.at(-1)?.seq === seq), { timeout: 20_000 });
  await all(2).toBe(true);
  await Promise.all([system.replaceApi(), tell(taskId, 20)]);
  await all(22).toBe(true);
  await killApi();
  await tell(taskId, 600);
  await system.replaceApi();
  await all(622).toBe(true);
  await system.tasks.updateStatus(taskId, { status: 'succeeded' });
  await Promise.all(watches);
  const faults = starts.map((after, index) => faultsOf(seen[index]?.map(({ seq }) => seq) ?? [], after + 1, 623));
  const sum = (name: 'missing' | 'repeated') => faults.reduce((total, found) => total + found[name], 0);
  const received = seen.reduce((total, events) => total + events.length, 0);
  console.log(
    `${starts.length} watches over a restart and a SIGKILL of the API: ${received} events received, ` +
      `${sum('missing')} missing, ${sum('repeated')} repeated; ${troubles} times the API could not be reached`,
  );
  expect([sum('missing'), sum('repeated'), received]).toEqual([0, 0, 20 * 623 + 622]);
  expect(troubles).toBeGreaterThan(0);
});

test('a create that meets a killed API makes one task when it is back', async () => {
  const storyId = await newStory();
  await killApi();
  const creating = client.create({ operation: 'REGENERATE_CONSTITUTION', storyId }, { retries: 10 });
  await system.replaceApi();
  const { taskId } = await creating;
  const { tasks } = await client.list({ storyId });
  expect(tasks.map(({ id }) => id)).toEqual([taskId]);
});

test('fifty creates at once with one key make one task', async () => {
  const storyId = await newStory();
  const [idempotencyKey, request] = [randomUUID(), { operation: 'REGENERATE_CONSTITUTION', storyId } as const];
  const made = await Promise.all(Array.from({ length: 50 }, () => client.create(request, { idempotencyKey })));
  expect(new Set(made.map(({ taskId }) => taskId)).size).toBe(1);
});

test('every call of the client does what it says', async () => {
  const { storyId } = await client.createStory({ displayName: 'A fox', initialPrompt: 'A fox crosses a lake.' });
  const { taskId } = await client.create({ operation: 'REGENERATE_CONSTITUTION', storyId, autoStart: false });
  expect((await client.get(taskId)).task).toMatchObject({ held: true, status: 'queued' });
  expect(await client.start(taskId)).toMatchObject({ id: taskId, held: false });
  const events = await Array.fromAsync(client.watch(taskId));
  expect((await client.get(taskId, { limit: 100 })).events).toEqual(events.toReversed());
  await expect(client.cancel(taskId)).rejects.toMatchObject({ status: 409, code: 'ILLEGAL_TRANSITION' });
  const bundle = await client.create({ operation: 'BUILD_PLAYER_BUNDLE', storyId });
  expect((await Array.fromAsync(client.watch(bundle.taskId))).at(-1)).toMatchObject({ status: 'failed' });
  const again = await client.retry(bundle.taskId);
  expect((await Array.fromAsync(client.watch(again.taskId))).at(-1)).toMatchObject({ status: 'failed' });
  const listed = await Array.fromAsync(client.listAll({ storyId, limit: 1 }));
  expect(listed.map(({ id }) => id)).toEqual([again.taskId, bundle.taskId, taskId]);
  expect(await client.getStory(storyId)).toMatchObject({ has: { constitution: true, bundle: false } });
  await expect(client.getBundle(storyId)).rejects.toMatchObject({ status: 404, code: 'BUNDLE_NOT_FOUND' });
  const unknown = client.watch(randomUUID()).next();
  await expect(unknown).rejects.toMatchObject({ status: 404, code: 'TASK_NOT_FOUND' });
});

const bin = fileURLToPath(new URL('../../clients/typescript/bin/story-tasks.js', import.meta.url));

interface Command {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number; stdout: string; stderr: string }>;
  /** What it has said on stderr so far. */
  said(): string;
}

function start(...args: string[]): Command {
  const env = { PATH: process.env['PATH'], STORY_TASKS_URL: system.apiUrl };
  const child = spawn(process.execPath, [bin, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const stdout = text(child.stdout);
  const end = once(child, 'close').then(async ([code]) => ({ code: code as number, stdout: await stdout, stderr }));
  return { child, ended: end, said: () => stderr };
}

const cli = (...args: string[]) => start(...args).ended;

describe('the command line', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'story-tasks-client-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  test('makes a playable story from a premise', async () => {
    const premise = fileURLToPath(new URL('../../examples/lighthouse.txt', import.meta.url));
    const storyId = (await cli('story', 'create', '--file', premise)).stdout.trim();
    const workflow = ['run', 'RUN_WORKFLOW_TASK', '--story', storyId, '--watch', '--task'];
    expect((await cli(...workflow, 'CREATE_CONSTITUTION')).code).toBe(0);
    const script = await cli(...workflow, 'CREATE_INTERACTIVE_SCRIPT');
    expect(script).toMatchObject({ code: 0, stdout: expect.stringContaining('scenelets=11') });
    expect(script.stderr).toMatch(/\d:\d\d {3}95 % {2}Scenelet 11 of 11 written/);
    const built = await cli('run', 'BUILD_PLAYER_BUNDLE', '--story', storyId, '--watch', '--json');
    expect(JSON.parse(built.stdout)).toMatchObject({ task: { status: 'succeeded' } });
    const out = join(dir, 'story.html');
    expect((await cli('story', 'bundle', storyId, '--out', out)).code).toBe(0);
    expect(await readFile(out, 'utf8')).toMatch(/^<!doctype html>/i);
    expect((await cli('story', 'show', storyId)).stdout).toMatch(/bundle +made/);
    expect((await cli('list', '--story', storyId)).stdout.match(/succeeded/g)).toHaveLength(3);
    const top = await cli('top', '--once');
    expect(top.stdout).toMatch(/BUILD_PLAYER_BUNDLE +0 +0 +0 +[1-9] /);
  });

  test('goes on watching over a restart of the API, and Ctrl-C leaves the task running', async () => {
    await system.replaceWorker({ OFFLINE_LATENCY_MS: '60000', DRAIN_SECONDS: '0.2' });
    const watching = start('run', 'REGENERATE_CONSTITUTION', '--story', await newStory(), '--watch');
    await expect.poll(watching.said, { timeout: 20_000 }).toContain('Generating the constitution');
    const taskId = /Task (\S+)/.exec(watching.said())?.[1] ?? '';
    await killApi();
    await expect.poll(watching.said, { timeout: 10_000 }).toContain('Trying again.');
    await system.replaceApi();
    await system.tasks
      .appendEvent(taskId, { id: randomUUID(), eventType: 'info', message: 'back' })
      .catch(() => undefined);
    watching.child.kill('SIGINT');
    expect(await watching.ended).toMatchObject({
      code: 130,
      stdout: '',
      stderr: expect.stringContaining(`To stop it: story-tasks cancel ${taskId}`),
    });
    expect(inCall(await system.client.getTask(taskId))).toBe(true);
    expect(await cli('cancel', taskId, '--reason', 'seen')).toMatchObject({
      code: 0,
      stdout: 'The task is being cancelled.\n',
    });
    await waitForTask(system, taskId, ended);
    const shown = (await cli('show', taskId)).stdout;
    expect(shown).toMatch(/status +cancelled/);
    expect(shown).toMatch(/cancelled +seen/);
    expect(await cli('watch', taskId)).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('[TASK_CANCELLED]'),
    });
  });

  test('exits 1 when what it watched failed, 2 when the API refuses, 3 when it is away', async () => {
    const storyId = await newStory();
    const failed = await cli('run', 'BUILD_PLAYER_BUNDLE', '--story', storyId, '--watch');
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('[PREREQUISITE_MISSING]') });
    const unknown = randomUUID();
    const refusals = [
      await cli('show', unknown),
      await cli('run', 'BUILD_PLAYER_BUNDLE', '--story', unknown),
      await cli('run', 'RUN_WORKFLOW_TASK', '--story', storyId, '--option', 'task=CREATE_OPERA', '--option', 'speed=9'),
      await cli('retry', unknown),
      await cli('story', 'bundle', storyId, '--out', join(dir, 'none.html')),
      await cli('list', '--story', 'seven'),
    ];
    for (const { code, stdout, stderr } of refusals) {
      expect([code, stdout]).toEqual([2, '']);
      console.log(stderr.trimEnd());
    }
    const away = await cli('list', '--url', `http://127.0.0.1:${await freePort()}`);
    expect(away).toMatchObject({ code: 3, stderr: expect.stringContaining('(ECONNREFUSED). [API_UNREACHABLE]') });
  });
});
