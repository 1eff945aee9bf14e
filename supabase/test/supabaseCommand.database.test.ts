/** The `supabase` command itself, on databases that our Job migrated, and the Job on databases that the command migrated. */
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Ended, runJob, runToEnd } from './migrateJob.ts';
import { migrationFiles, type PostgresServer, startPostgres } from './postgres.ts';

const command = fileURLToPath(
  import.meta.resolve('supabase/package.json').replace(/package\.json$/, 'dist/supabase.js'),
);
const migrations = fileURLToPath(new URL('../migrations', import.meta.url));

let folder: string;
let server: PostgresServer;
let admin: pg.Client;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'story-tasks-supabase-'));
  await mkdir(join(folder, 'supabase'));
  await cp(migrations, join(folder, 'supabase/migrations'), { recursive: true });
  server = await startPostgres({ migrations: 0 });
  admin = await server.connect('postgres');
});
afterEach(async () => {
  await admin.end();
  await server.stop();
  await rm(folder, { recursive: true });
});

/** In a checkout with nothing but the migrations, by somebody who is logged in nowhere. */
function supabase(...args: readonly string[]): Promise<Ended> {
  const env = { HOME: folder, PATH: process.env['PATH'] ?? '', DO_NOT_TRACK: '1', SUPABASE_TELEMETRY_DISABLED: '1' };
  const remote = `--remote=${server.url}?sslmode=disable`;
  return runToEnd(process.execPath, [command, ...args, remote], { env, cwd: folder });
}

const job = () => runJob({ DATABASE_URL: server.url });

async function recorded(): Promise<unknown[]> {
  return (await admin.query('select * from supabase_migrations.schema_migrations order by version')).rows;
}

test('after the Job the command has nothing to push, and lists each migration as applied', async () => {
  expect(await job()).toMatchObject({ code: 0 });
  const pushed = await supabase('db', 'push', '--dry-run');
  expect(pushed).toEqual({ code: 0, out: expect.stringContaining('Remote database is up to date.') });
  const { out } = await supabase('migration', 'list');
  for (const file of await migrationFiles()) {
    const [version] = basename(file).split('_');
    expect(out).toMatch(new RegExp(`${version}\\W+${version}\\W`));
  }
});

test('after the command the Job has nothing to do, and either makes the same record, word for word', async () => {
  const pushed = await supabase('db', 'push', '--yes');
  expect(pushed).toEqual({ code: 0, out: expect.stringContaining('Finished supabase db push.') });
  const ofCommand = await recorded();
  expect(await job()).toEqual({ code: 0, out: expect.stringMatching(/^the database is up to date, at \d{14}\n$/) });
  expect(ofCommand.length).toBe((await migrationFiles()).length);

  await admin.query('drop schema public, story_tasks_internal, supabase_migrations cascade');
  await admin.query('create schema public');
  expect(await job()).toMatchObject({ code: 0 });
  expect(await recorded()).toEqual(ofCommand);
});

test('one takes on where the other ended', async () => {
  const later = (await migrationFiles()).slice(-2).map((file) => basename(file));
  const move = (from: string, to: string) =>
    Promise.all(later.map((file) => rename(join(folder, from, file), join(folder, to, file))));
  await move('supabase/migrations', '.');
  expect(await supabase('db', 'push', '--yes')).toMatchObject({ code: 0 });
  const { code, out } = await job();
  expect([code, out.match(/^applied .*(?= in)/gm)]).toEqual([
    0,
    later.map((file) => `applied ${basename(file, '.sql')}`),
  ]);
  await move('.', 'supabase/migrations');
  expect((await supabase('db', 'push', '--dry-run')).out).toContain('Remote database is up to date.');
});

test('what the Job says of a gap in the record mends it', async () => {
  await job();
  await admin.query("delete from supabase_migrations.schema_migrations where version = '20261103000000'");
  const [, words = ''] = /"supabase (.*) --remote=<.*>"/.exec((await job()).out) ?? [];
  expect(await supabase(...words.split(' '), '--yes')).toMatchObject({ code: 0 });
  expect(await job()).toMatchObject({ code: 0, out: expect.stringContaining('up to date') });
});
