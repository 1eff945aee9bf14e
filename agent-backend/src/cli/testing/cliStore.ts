/** A store for the real CLI, and what all the processes that used it have printed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectStore, createStoryTasksRepository } from '@story-tasks/supabase';
import { startLite, startPostgres } from '../../../../supabase/test/harness.ts';
import { type CliEnd, type CliProcess, startCli } from './cliProcess.ts';

export type CliStore = Awaited<ReturnType<typeof startCliStore>>;

export async function startCliStore() {
  const postgres = await startPostgres({ bare: true });
  const lite = await startLite({ postgresUrl: postgres.url });
  const dir = await mkdtemp(join(tmpdir(), 'story-tasks-cli-'));
  const printed: string[] = [];
  const env = {
    SUPABASE_URL: lite.url,
    SUPABASE_SECRET_KEY: lite.secretKey,
    LLM_PROVIDER: 'offline',
    BUNDLE_STORE: `dir:${join(dir, 'bundles')}`,
  };
  const start = (args: readonly string[], more: Record<string, string> = {}, stdin = ''): CliProcess => {
    const started = startCli(args, { ...env, ...more }, stdin);
    void started.ended.then(({ stdout, stderr }) => printed.push(stdout, stderr));
    return started;
  };
  const run = (args: readonly string[], more?: Record<string, string>, stdin?: string): Promise<CliEnd> =>
    start(args, more, stdin).ended;
  /** The JSON that a command prints; fails when it prints anything else. */
  const json = async (...args: string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await run([...args, '--json']);
    if (code !== 0 || stderr !== '') throw new Error(`${args.join(' ')} ended with ${code}:\n${stderr}`);
    return JSON.parse(stdout);
  };
  return {
    dir,
    printed,
    secretKey: lite.secretKey,
    repository: createStoryTasksRepository(connectStore({ url: lite.url, secretKey: lite.secretKey })),
    start,
    run,
    json,
    /** A new story's id. */
    story: async (prompt = 'A lighthouse keeper finds a door under the sea.') =>
      (await run(['story', 'create', '--prompt', prompt])).stdout.trim(),
    async stop() {
      await lite.stop();
      await postgres.stop();
      await rm(dir, { recursive: true });
    },
  };
}
