/** The command line without a store: help, usage, settings. */
import { workflowTasks } from '@story-tasks/contracts';
import { fakeHost } from '@story-tasks/contracts/test';
import { describe, expect, test } from 'vitest';
import { runCli } from './program.ts';
import { runSettings } from './settings.ts';

const id = '00000000-0000-4000-8000-000000000000';
const canary = 'canary prompt text';

async function cli(args: string[], env: Record<string, string> = {}) {
  const host = fakeHost({ env });
  const code = await runCli(args, host);
  return { code, stdout: host.written('stdout'), stderr: host.written('stderr') };
}

describe('help', () => {
  test('names every command, variable and exit code, on stdout', async () => {
    const { code, stdout, stderr } = await cli(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const word of ['story', 'run', 'constitution', 'bundle', 'task', ...Object.keys(runSettings.shape)]) {
      expect(stdout).toContain(word);
    }
    for (const code of ['0    done', '1    the task', '2    usage', '3    the store', '130  the task']) {
      expect(stdout).toContain(code);
    }
  });

  test.each([
    'story',
    'story create',
    'story show',
    'story list',
    'run',
    'constitution',
    'bundle',
    'task',
    'task cancel',
  ])('of %s exits 0', async (command) => {
    const { code, stdout } = await cli([...command.split(' '), '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: agent-backend ${command}`);
  });

  test('of run lists what can be run', async () => {
    const { stdout } = await cli(['run', '--help']);
    for (const task of workflowTasks) expect(stdout).toContain(task);
  });
});

describe('a command line that does not fit', () => {
  test.each([
    ['no command', [], 'Name a command.'],
    ['half a command', ['story'], 'Name a command.'],
    ['an unknown command', ['stroy'], "Unknown command 'stroy' (Did you mean story?)."],
    ['an unknown option', ['story', 'list', '--limt', '3'], "Unknown option '--limt' (Did you mean --limit?)."],
    ['a missing argument', ['task', 'list'], "Missing required argument 'story-id'."],
    ['too many arguments', ['task', 'list', id, id], 'Too many arguments'],
    ['an unknown workflow task', ['run', 'CREATE_MAGIC', id], 'Allowed choices are CREATE_CONSTITUTION'],
    ['a limit of 0', ['story', 'list', '--limit', '0'], 'It must be a whole number from 1 to 1000.'],
    ['a prompt given as words', ['story', canary], 'Unknown command (not shown)'],
    ['a prompt given with a typo', ['story', 'create', `--promt=${canary}`], 'Unknown option (not shown)'],
  ])('(%s) exits 2 with one sentence', async (_, args, words) => {
    const { code, stdout, stderr } = await cli(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
    expect(stderr).toMatch(/^error: [^\n]+ \[CLI_USAGE\]\n$/);
    expect(stderr).not.toContain(canary);
    const asJson = await cli([...args, '--json']);
    expect([asJson.code, asJson.stdout]).toEqual([2, '']);
    expect(JSON.parse(asJson.stderr)).toEqual({ code: 'CLI_USAGE', message: expect.stringContaining(words) });
  });
});

describe('settings', () => {
  test('that are missing or wrong are all named, and no value is repeated', async () => {
    const env = { SUPABASE_URL: 'ftp://canary', SUPABASE_SECRET_KEY: ' ' };
    const { code, stderr } = await cli(['story', 'list'], env);
    expect(code).toBe(2);
    expect(stderr).toMatch(/SUPABASE_URL \([^)]+\)[^\n]*\); SUPABASE_SECRET_KEY \([^\n]+\[CLI_SETTINGS\]/);
    expect(stderr).not.toContain('canary');
  });

  const store = { SUPABASE_URL: 'http://127.0.0.1:9', SUPABASE_SECRET_KEY: 'sb_secret_canary' };

  test.each([
    [{ LLM_PROVIDER: 'openai-compatible' }, 'LLM_MISCONFIGURED', 'LLM_BASE_URL'],
    [{ OFFLINE_FAIL: 'nonsense' }, 'LLM_MISCONFIGURED', 'OFFLINE_FAIL'],
    [{ BUNDLE_STORE: 'nowhere' }, 'BUNDLE_STORE_SETTING_INVALID', 'BUNDLE_STORE'],
    [{ LLM_TIMEOUT_SECONDS: 'canary' }, 'CLI_SETTINGS', 'LLM_TIMEOUT_SECONDS'],
  ])('of a run are checked before it: %j', async (env, code, variable) => {
    const told = await cli(['constitution', id], { ...store, ...env });
    expect(told.code).toBe(2);
    expect(told.stderr).toContain(`[${code}]`);
    expect(told.stderr).toContain(variable);
    expect(told.stderr).not.toContain('canary');
  });
});
