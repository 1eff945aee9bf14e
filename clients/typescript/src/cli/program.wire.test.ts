/** The command line against an API that answers as its test wants. */
import { writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workflowTasks } from '@story-tasks/contracts';
import { fakeHost } from '@story-tasks/contracts/test';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, hostile, ran } from '../testing/ranCli.ts';
import {
  answer,
  closedUrl,
  eventOf,
  problem,
  type Step,
  scriptedApi,
  silent,
  taskId,
  taskOf,
} from '../testing/scriptedApi.ts';

const canary = 'canary premise text';
const created = answer(201, { taskId });

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'story-tasks-client-'));
});
afterAll(() => rm(dir, { recursive: true }));

describe('help', () => {
  test('names every command, variable and exit code, on stdout', async () => {
    const { code, stdout, stderr } = await cli('', ['--help']);
    expect([code, stderr]).toEqual([0, '']);
    const words = ['run', 'watch', 'list', 'show', 'cancel', 'start', 'retry', 'top', 'story', 'STORY_TASKS_URL'];
    for (const word of [...words, '0    done', '1    the task', '2    usage', '3    the API', '130  Ctrl-C']) {
      expect(stdout).toContain(word);
    }
    expect((await cli('', ['run', '--help'])).stdout).toContain(workflowTasks[0]);
  });
});

describe('a command line that does not fit', () => {
  test.each([
    ['no command', [], 'Name a command.'],
    ['an unknown command', ['lits'], "Unknown command 'lits' (Did you mean list?)."],
    ['an unknown option', ['list', '--limt', '3'], "Unknown option '--limt' (Did you mean --limit?)."],
    ['no story', ['run', 'BUILD_PLAYER_BUNDLE'], "Required option '--story <id>' not specified."],
    ['an unknown operation', ['run', 'PAINT', '--story', taskId], 'Allowed choices are RUN_WORKFLOW_TASK'],
    ['an unknown status', ['list', '--status', 'done'], 'Allowed choices are queued'],
    ['a limit of 0', ['list', '--limit', '0'], 'It must be a whole number from 1 to 1000.'],
    ['an option without a value', ['run', 'BUILD_PLAYER_BUNDLE', '--story', taskId, '--option', 'x'], 'as name=value'],
    ['options that are no JSON', ['run', 'BUILD_PLAYER_BUNDLE', '--story', taskId, '--options', '{'], 'must be JSON.'],
    ['options that are a list', ['run', 'BUILD_PLAYER_BUNDLE', '--story', taskId, '--options', '[]'], 'a JSON object'],
    ['an id that is none', ['show', '7'], 'The id of a task is a uuid.'],
    ['a URL that is none', ['list', '--url', 'localhost'], 'URL must be as http://host:port'],
    ['no premise', ['story', 'create'], 'Give the premise in one way'],
    ['two premises', ['story', 'create', '--prompt', canary, '--file', 'x'], 'Give the premise in one way'],
    ['a premise as words', ['story', canary], 'Unknown command (not shown)'],
  ])('(%s) exits 2 with one sentence, and asks nobody', async (_, args, words) => {
    await using api = await scriptedApi(created);
    const { code, stdout, stderr } = await cli(api.url, args);
    expect([code, stdout, api.seen]).toEqual([2, '', []]);
    expect(stderr).toContain(words);
    expect(stderr).toMatch(/^error: [^\n]+ \[CLIENT_USAGE\]\n$/);
    expect(stderr).not.toContain(canary);
    const asJson = await cli(api.url, [...args, '--json']);
    expect(JSON.parse(asJson.stderr)).toEqual({ code: 'CLIENT_USAGE', message: expect.stringContaining(words) });
  });

  test('a file that cannot be read, or is no text, exits 2 without a word of it', async () => {
    await using api = await scriptedApi(created);
    const file = join(dir, 'premise');
    const read = () => cli(api.url, ['story', 'create', '--file', file]);
    expect(await read()).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be read (ENOENT)') });
    await writeFile(file, Buffer.from([0xff, 0xfe]));
    expect(await read()).toMatchObject({ code: 2, stderr: expect.stringContaining('not text in UTF-8') });
    await writeFile(file, canary.repeat(20_000));
    const long = await read();
    expect(long).toMatchObject({ code: 2, stderr: expect.stringContaining('longer than 50000') });
    expect([long.stderr.includes(canary), api.seen]).toEqual([false, []]);
  });
});

test('a call that hangs is ended by Ctrl-C too', async () => {
  await using api = await scriptedApi(silent);
  const host = fakeHost({ env: { STORY_TASKS_URL: api.url } });
  const listing = ran(host, ['list']);
  await expect.poll(() => api.seen.length).toBe(1);
  host.signals.emit('SIGINT');
  expect(await listing).toMatchObject({ code: 130, stderr: 'error: Interrupted. [INTERRUPTED]\n' });
});

describe('a refusal', () => {
  test('of the API exits 2 with its code, its words and its faults', async () => {
    const errors = [{ path: 'options.task', message: `Invalid${hostile}` }];
    await using api = await scriptedApi(problem(422, 'REQUEST_INVALID', {}, { errors }));
    const args = ['run', 'RUN_WORKFLOW_TASK', '--story', taskId];
    const { code, stderr } = await cli(api.url, args);
    expect([code, stderr]).toEqual([2, 'error: In words. options.task: Invalidab c d [REQUEST_INVALID]\n']);
    const asJson = JSON.parse((await cli(api.url, [...args, '--json'])).stderr);
    expect(asJson).toMatchObject({ code: 'REQUEST_INVALID', requestId: 'r-1' });
  });

  test('with the id of a task that was made and failed tells it', async () => {
    await using api = await scriptedApi(problem(500, 'ENQUEUE_FAILED', {}, { taskId }));
    const { code, stderr } = await cli(api.url, ['run', 'BUILD_PLAYER_BUNDLE', '--story', taskId, '--json']);
    expect([code, JSON.parse(stderr)]).toMatchObject([3, { code: 'ENQUEUE_FAILED', taskId }]);
  });

  test('of an API that is away, or of something else at its URL, exits 3', async () => {
    const away = await cli(await closedUrl(), ['show', taskId]);
    expect(away).toMatchObject({ code: 3, stderr: expect.stringContaining('[API_UNREACHABLE]') });
    await using other = await scriptedApi(answer(200, '<html>', { 'content-type': 'text/html' }));
    expect(await cli(other.url, ['list'])).toMatchObject({ code: 3, stderr: expect.stringContaining('UNEXPECTED') });
  });

  test('names neither the token nor what it is for', async () => {
    await using api = await scriptedApi(problem(401, 'UNAUTHENTICATED'));
    const env = { STORY_TASKS_URL: api.url, STORY_TASKS_TOKEN: canary.replaceAll(' ', '-') };
    const { code, stderr } = await ran(fakeHost({ env }), ['list']);
    expect([code, stderr.includes('canary')]).toEqual([2, false]);
    expect(api.seen[0]?.headers.authorization).toBe(`Bearer ${env.STORY_TASKS_TOKEN}`);
  });
});

describe('a token in a file', () => {
  test('is read for each request, so that a renewed one is sent', async () => {
    const file = join(dir, 'token');
    await writeFile(file, 'first\n');
    const renewed: Step = (response, request) => {
      writeFileSync(file, 'second\n');
      return answer(503, {})(response, request);
    };
    await using api = await scriptedApi(renewed, answer(200, { tasks: [], nextCursor: null }));
    const env = { STORY_TASKS_URL: api.url, STORY_TASKS_TOKEN_FILE: file };
    expect((await ran(fakeHost({ env }), ['list'])).code).toBe(0);
    expect(api.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer first', 'Bearer second']);
  });

  test('that cannot be read is told by its name, and nothing is sent', async () => {
    await using api = await scriptedApi();
    const env = { STORY_TASKS_URL: api.url, STORY_TASKS_TOKEN_FILE: join(dir, 'none') };
    const { code, stderr } = await ran(fakeHost({ env }), ['list']);
    expect([code, stderr, api.seen]).toEqual([2, expect.stringContaining('STORY_TASKS_TOKEN_FILE names'), []]);
  });
});

describe('text of the record', () => {
  const displayFields = { title: hostile, description: 'x' };
  const shown = { displayFields, errorCode: 'X', errorMessage: hostile, cancelReason: hostile, taskCancelled: true };
  const record = { ...taskOf('failed'), ...shown, result: { [hostile]: hostile } };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;

  test.each([[['list']], [['show', taskId]], [['list', '--json']], [['show', taskId, '--json']]])(
    'cannot move the cursor: %j',
    async (args) => {
      const events = [{ ...eventOf(1), message: hostile }];
      const step =
        args[0] === 'list' ? { tasks: [record], nextCursor: null } : { task: record, events, cancelable: false };
      await using api = await scriptedApi(answer(200, step));
      const { code, stdout } = await cli(api.url, args);
      expect(code).toBe(0);
      expect(stdout).not.toMatch(obeyed);
      if (args.includes('--json')) expect(JSON.parse(stdout)).toEqual(args[0] === 'list' ? { tasks: [record] } : step);
    },
  );
});

test('list says when there are more, and when there are none', async () => {
  const page = (count: number) => answer(200, { tasks: Array(count).fill(taskOf('queued')), nextCursor: null });
  await using api = await scriptedApi(page(3), page(2), page(0));
  const args = ['list', '--limit', '2', '--status', 'queued', '--story', taskId];
  const [more, all, none] = [await cli(api.url, args), await cli(api.url, args), await cli(api.url, args)];
  expect(more.stdout.split('\n')).toHaveLength(4);
  expect([more.stderr, all.stderr]).toEqual(['There are more; --limit says how many to show.\n', '']);
  expect([none.stdout, none.stderr]).toEqual(['', 'There are no such tasks.\n']);
  expect(api.seen[0]?.path).toBe(`/api/story-tasks?limit=3&storyId=${taskId}&status=queued`);
});

test('cancel, start and retry tell what came of it', async () => {
  const running = { task: taskOf('running') };
  await using api = await scriptedApi(answer(202, running), answer(200, running), created);
  expect(await cli(api.url, ['cancel', taskId, '--reason', 'why'])).toMatchObject({
    stdout: 'The task is being cancelled.\n',
  });
  expect(await cli(api.url, ['start', taskId])).toMatchObject({ stdout: 'The task is running.\n' });
  expect(await cli(api.url, ['retry', taskId])).toMatchObject({ code: 0, stdout: `${taskId}\n` });
  expect(api.seen.map(({ path }) => path.split('/').at(-1))).toEqual(['cancel', 'start', 'retry']);
});

test('a story is created from stdin or a file, and its bundle fetched', async () => {
  const html = '<!doctype html><title>x</title>';
  const page: Step = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(html);
  await using api = await scriptedApi(answer(201, { storyId: taskId }), answer(201, { storyId: taskId }), page);
  expect(await cli(api.url, ['story', 'create', '--file', '-'], '# The Door\nA door.')).toMatchObject({
    stdout: `${taskId}\n`,
  });
  const file = join(dir, 'story.md');
  await writeFile(file, 'A fox.');
  await cli(api.url, ['story', 'create', '--file', file, '--name', 'The Fox']);
  expect(api.seen.map(({ body }) => JSON.parse(body))).toEqual([
    { displayName: 'The Door', initialPrompt: '# The Door\nA door.' },
    { displayName: 'The Fox', initialPrompt: 'A fox.' },
  ]);
  const out = join(dir, 'story.html');
  expect((await cli(api.url, ['story', 'bundle', taskId, '--out', out])).stdout).toBe(`${out}\n`);
  expect(await readFile(out, 'utf8')).toBe(html);
  const nowhere = await cli(api.url, ['story', 'bundle', taskId, '--out', join(dir, 'none', 'x')]);
  expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be written (ENOENT)') });
});
