/** A story from a prompt to a playable file, by the real CLI. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Task, workflowTasks } from '@story-tasks/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliStore, startCliStore } from './testing/cliStore.ts';

const canary = 'canary-of-the-prompt-7431';
const prompt = `Mara keeps the lighthouse at Dunmore.\nOne night she finds a door under the sea. ${canary}`;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let store: CliStore;
let storyId: string;
/** What `story show --prompt` printed: the one place where the prompt belongs. */
const asked: string[] = [];

beforeAll(async () => {
  store = await startCliStore();
  const { code, stdout, stderr } = await store.run(['story', 'create', '-'], {}, prompt);
  expect([code, stderr]).toEqual([0, '']);
  storyId = stdout.trim();
});
afterAll(() => store.stop());

interface Told {
  readonly task: Task;
}

test('create prints the story’s id and nothing else', () => {
  expect(storyId).toMatch(uuid);
});

describe('the workflow', () => {
  test.each(workflowTasks)('runs %s in this process, and tells its figures', async (task) => {
    const { code, stdout, stderr } = await store.run(['run', task, storyId]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^task=${task} .*llmCalls=[1-9]`));
    for (const words of ['no model was asked', '  95 %  ', 'Succeeded in 0:0']) expect(stderr).toContain(words);
  });

  test.each(workflowTasks)('makes no call when %s runs again', async (task) => {
    const told = (await store.json('run', task, storyId)) as Told;
    expect(told.task).toMatchObject({ status: 'succeeded', progress: 100, result: { llmCalls: 0, generated: 0 } });
  });

  test('takes over what another story has', async () => {
    const other = await store.story();
    const told = (await store.json('run', 'CREATE_SHOT_LIST', other, '--resume-from', storyId)) as Told;
    expect(told.task.result).toMatchObject({ llmCalls: 0, shotLists: expect.any(Number) });
  });

  test('writes the constitution anew', async () => {
    const other = await store.story();
    await store.json('constitution', other);
    expect(((await store.json('constitution', other)) as Told).task.result).toMatchObject({ revision: 1, llmCalls: 1 });
  });

  test('ends in a file that plays', async () => {
    const { code, stdout } = await store.run(['bundle', storyId]);
    expect(code).toBe(0);
    expect(await readFile(stdout.trim(), 'utf8')).toMatch(/^<!doctype html>/i);
  });

  test('copies that file to where it is wanted', async () => {
    const out = join(store.dir, 'story.html');
    const { code, stdout } = await store.run(['bundle', storyId, '--out', out]);
    expect([code, stdout]).toEqual([0, `${out}\n`]);
    expect((await stat(out)).size).toBeGreaterThan(10_000);
  });
});

describe('people', () => {
  test('see what a story has, without its prompt', async () => {
    const { stdout } = await store.run(['story', 'show', storyId]);
    expect(stdout).toMatch(/name +Mara keeps the lighthouse at Dunmore\.\n/);
    expect(stdout).toMatch(/interactive script {2}(\d+) of \1\n/);
    expect(stdout).toMatch(/SCENELET +FROM +SHOTS +TITLE\n/);
    expect(stdout).toMatch(/succeeded +100 % .*BUILD_PLAYER_BUNDLE/);
    expect(stdout).not.toContain(canary);
  });

  test('see the prompt when they ask for it', async () => {
    const { stdout } = await store.run(['story', 'show', storyId, '--prompt']);
    expect(stdout).toContain(canary);
    asked.push(stdout);
  });

  test('see the stories and the tasks, newest first', async () => {
    const stories = (await store.run(['story', 'list', '--limit', '50'])).stdout;
    expect(stories).toMatch(/^STORY +CREATED +NAME\n/);
    expect(stories).toMatch(new RegExp(`${storyId} .*Mara keeps`));
    const tasks = (await store.run(['task', 'list', storyId, '--limit', '3'])).stdout.trim().split('\n');
    expect(tasks).toHaveLength(4);
    expect(tasks[1]).toMatch(/BUILD_PLAYER_BUNDLE$/);
  });

  test('see a task with its events, oldest first', async () => {
    const [task] = await store.repository.listRecentByStory(storyId, 1);
    const { stdout } = await store.run(['task', 'show', task?.id ?? '', '--events', '3']);
    expect(stdout).toMatch(/status +succeeded\n/);
    expect(stdout).toMatch(/run by +cli:\S+:\d+\n/);
    expect(stdout.trim().split('\n').at(-1)).toMatch(/100 % +Succeeded$/);
  });

  test('read that there is nothing yet', async () => {
    const { code, stdout, stderr } = await store.run(['task', 'list', await store.story()]);
    expect([code, stdout, stderr]).toEqual([0, '', 'This story has no tasks yet.\n']);
  });
});

describe('scripts', () => {
  test('get one JSON value from every command', async () => {
    const created = (await store.json('story', 'create', '--prompt', 'A door.', '--name', 'Named')) as {
      storyId: string;
      displayName: string;
    };
    expect(created.displayName).toBe('Named');
    const shown = (await store.json('story', 'show', storyId)) as { story: { has: object }; tasks: Task[] };
    expect(new Set(Object.values(shown.story.has))).toEqual(new Set([true]));
    expect(shown.story).not.toHaveProperty('initialPrompt');
    expect(await store.json('story', 'list')).toMatchObject({ stories: expect.any(Array) });
    const { tasks } = (await store.json('task', 'list', storyId)) as { tasks: Task[] };
    expect(await store.json('task', 'show', tasks[0]?.id ?? '')).toMatchObject({ events: expect.any(Array) });
    const bundled = (await store.json('bundle', storyId)) as { path: string };
    expect(bundled.path).toMatch(/\.html$/);
  });
});

test('nothing that was printed holds the key, or the prompt where it was not asked for', () => {
  const all = store.printed.filter((text) => !asked.includes(text)).join('\n');
  expect(store.printed.length).toBeGreaterThan(30);
  expect(all).not.toContain(store.secretKey);
  expect(all).not.toContain(canary);
});
