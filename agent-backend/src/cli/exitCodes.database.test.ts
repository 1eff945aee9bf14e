/** Every exit code, by the real CLI against a real store. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliStore, startCliStore } from './testing/cliStore.ts';

const canary = 'canary-of-the-prompt-2189';
let store: CliStore;
let storyId: string;
let succeeded: string;

beforeAll(async () => {
  store = await startCliStore();
  storyId = await store.story(`A door under the sea.\n${canary}`);
  await store.run(['run', 'CREATE_CONSTITUTION', storyId]);
  succeeded = (await store.repository.listRecentByStory(storyId, 1))[0]?.id ?? '';
});
afterAll(() => store.stop());

const unknown = randomUUID();
const nowhere = { SUPABASE_URL: 'http://127.0.0.1:9' };

interface Case {
  readonly when: string;
  readonly args: () => string[];
  readonly env?: Record<string, string>;
  readonly exit: number;
  readonly code: string;
}

const cases: Case[] = [
  { when: 'a story id that is none', args: () => ['story', 'show', 'nope'], exit: 2, code: 'VALIDATION_FAILED' },
  { when: 'an unknown story', args: () => ['story', 'show', unknown], exit: 2, code: 'STORY_NOT_FOUND' },
  { when: 'tasks of an unknown story', args: () => ['task', 'list', unknown], exit: 2, code: 'STORY_NOT_FOUND' },
  { when: 'a run of an unknown story', args: () => ['bundle', unknown], exit: 2, code: 'STORY_NOT_FOUND' },
  { when: 'a run of an id that is none', args: () => ['constitution', 'x'], exit: 2, code: 'VALIDATION_FAILED' },
  { when: 'an unknown workflow task', args: () => ['run', 'CREATE_MAGIC', storyId], exit: 2, code: 'CLI_USAGE' },
  { when: 'an unknown task', args: () => ['task', 'show', unknown], exit: 2, code: 'TASK_NOT_FOUND' },
  { when: 'cancelling an unknown task', args: () => ['task', 'cancel', unknown], exit: 2, code: 'TASK_NOT_FOUND' },
  { when: 'cancelling what has ended', args: () => ['task', 'cancel', succeeded], exit: 2, code: 'ILLEGAL_TRANSITION' },
  { when: 'an empty prompt', args: () => ['story', 'create', '--prompt', ' '], exit: 2, code: 'VALIDATION_FAILED' },
  { when: 'a file that is not there', args: () => ['story', 'create', '--file', '/none'], exit: 2, code: 'CLI_FILE' },
  {
    when: 'a folder that is not there',
    args: () => ['bundle', storyId, '--out', '/none/x'],
    exit: 2,
    code: 'CLI_FILE',
  },
  { when: 'no key', args: () => ['story', 'list'], env: { SUPABASE_SECRET_KEY: '' }, exit: 2, code: 'CLI_SETTINGS' },
  {
    when: 'a key that is wrong',
    args: () => ['story', 'list'],
    env: { SUPABASE_SECRET_KEY: canary },
    exit: 2,
    code: 'STORE_REJECTED',
  },
  { when: 'the store is down', args: () => ['story', 'list'], env: nowhere, exit: 3, code: 'STORE_UNAVAILABLE' },
  { when: 'it is down for a run', args: () => ['bundle', storyId], env: nowhere, exit: 3, code: 'STORE_UNAVAILABLE' },
  {
    when: 'it is down for a cancel',
    args: () => ['task', 'cancel', unknown],
    env: nowhere,
    exit: 3,
    code: 'STORE_UNAVAILABLE',
  },
  { when: 'an earlier piece is missing', args: () => ['bundle', storyId], exit: 1, code: 'PREREQUISITE_MISSING' },
  {
    when: 'the model fails',
    args: () => ['constitution', storyId],
    env: { OFFLINE_FAIL: 'constitution:1:LLM_BLOCKED' },
    exit: 1,
    code: 'LLM_BLOCKED',
  },
  {
    when: 'the model is away',
    args: () => ['constitution', storyId],
    env: { OFFLINE_FAIL: 'constitution:1:LLM_UNAVAILABLE' },
    exit: 1,
    code: 'LLM_UNAVAILABLE',
  },
];

test.each(cases)('$when: exit $exit with $code, one sentence on stderr', async ({ args, env, exit, code }) => {
  const [people, scripts] = await Promise.all([store.run(args(), env), store.run([...args(), '--json'], env)]);
  expect(people).toMatchObject({ code: exit, stdout: '' });
  expect(people.stderr.trim().split('\n').at(-1)).toMatch(new RegExp(`^error: .+ \\[${code}\\]$`));
  expect(scripts.code).toBe(exit);
  expect(JSON.parse(scripts.stderr)).toMatchObject({ code, message: expect.any(String) });
  // A task that failed is a result as well: scripts get the row.
  if (exit === 1) expect(JSON.parse(scripts.stdout)).toMatchObject({ task: { status: 'failed', errorCode: code } });
  else expect(scripts.stdout).toBe('');
});

test('a folder that cannot take bundles is told before there is a task', async () => {
  const other = await store.story();
  const { code, stderr } = await store.run(['bundle', other], { BUNDLE_STORE: 'dir:/etc/hostname/bundles' });
  expect(code).toBe(2);
  expect(stderr).toContain('[BUNDLE_STORE_REFUSED]');
  expect(await store.repository.listRecentByStory(other)).toEqual([]);
});

test('nothing that was printed holds a key, the prompt or a stack', () => {
  const all = store.printed.join('\n');
  expect(all).not.toContain(store.secretKey);
  expect(all).not.toContain(canary);
  expect(all).not.toMatch(/^ +at .+:\d+/m);
});
