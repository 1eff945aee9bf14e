/** The migrations' Job on a Postgres that is new, half migrated, busy, away, or migrated by somebody else. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemWorld } from '@story-tasks/contracts';
import type pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../src/lite/freePort.ts';
import { connectDatabase } from '../src/migrate/connection.ts';
import type { Migration } from '../src/migrate/decideMigration.ts';
import { migrate } from '../src/migrate/migrate.ts';
import { readMigrations } from '../src/migrate/migrationFiles.ts';
import { splitStatements } from '../src/migrate/splitStatements.ts';
import { startLite } from './liteServer.ts';
import { migrateMain, runJob as runJobWith } from './migrateJob.ts';
import { migrationFiles, type PostgresServer, startPostgres } from './postgres.ts';

const folder = fileURLToPath(new URL('../migrations', import.meta.url));

let server: PostgresServer;
let admin: pg.Client;
let ours: Migration[];

beforeEach(async () => {
  server = await startPostgres({ migrations: 0 });
  admin = await server.connect('postgres');
  ours = await readMigrations(folder);
});
afterEach(async () => {
  await admin.end();
  await server.stop();
});

const runJob = (env: Record<string, string> = {}) => runJobWith({ DATABASE_URL: server.url, ...env });

/** What a Job does, in this process. @returns what it told */
async function runWith(migrations: readonly Migration[], limits = { waitMs: 5_000, lockMs: 1_000 }): Promise<string[]> {
  const told: string[] = [];
  const sql = await connectDatabase(server.url);
  try {
    await migrate(sql, { migrations, ...limits, clock: systemWorld.clock, tell: (line) => told.push(line) });
  } finally {
    await sql.end();
  }
  return told;
}

const versions = async () => (await recorded()).map(({ version }) => version);

async function recorded(): Promise<{ version: string; name: string; statements: string[] }[]> {
  const listed = await admin.query('select * from supabase_migrations.schema_migrations order by version');
  return listed.rows;
}

const allVersions = async () => (await migrationFiles()).map((file) => basename(file).split('_')[0]);

/** Everything that the migrations made, as Postgres lists it. */
async function schemaOf(client: pg.Client): Promise<unknown[]> {
  const { rows } = await client.query(
    `select table_name || '.' || column_name || ' ' || data_type as made from information_schema.columns where table_schema = 'public'
     union all select indexdef from pg_indexes where schemaname = 'public'
     union all select pg_get_functiondef(oid) from pg_proc where pronamespace in ('public'::regnamespace, 'story_tasks_internal'::regnamespace)
     union all select tablename || policyname || qual from pg_policies order by 1`,
  );
  return rows;
}

test('a new database gets all of it, statement by statement on record; a second time there is nothing to do', async () => {
  const first = await runJob();
  expect(first).toMatchObject({ code: 0, out: expect.stringContaining('applied 20261101000000_story_persistence in') });
  expect(await versions()).toEqual(await allVersions());
  const [, second] = await recorded();
  expect(second?.name).toBe('story_task_worker');
  expect(second?.statements.length).toBeGreaterThan(60);
  const before = await recorded();
  const again = await runJob();
  expect(again).toMatchObject({ code: 0, out: expect.stringMatching(/^the database is up to date, at \d{14}\n$/) });
  expect(await recorded()).toEqual(before);
});

test('what is on record makes the same schema when it is run statement by statement, as the CLI runs it', async () => {
  await runJob();
  const made = await schemaOf(admin);
  const other = await startPostgres({ migrations: 0 });
  const client = await other.connect('postgres');
  for (const { statements } of await recorded()) for (const statement of statements) await client.query(statement);
  expect(await schemaOf(client)).toEqual(made);
  expect(made.length).toBeGreaterThan(100);
  await client.end();
  await other.stop();
});

test('two at once: each migration is applied once, and both are content', async () => {
  const both = await Promise.all([runJob(), runJob()]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  const applied = both.flatMap(({ out }) => [...out.matchAll(/applied (\d+)_/g)].map(([, version]) => version));
  expect(applied.sort()).toEqual(await allVersions());
});

test('a migration that fails leaves nothing half made, and those before it stay; mended, it goes on there', async () => {
  const faulty = {
    version: '20270101000000',
    name: 'faulty',
    text: 'create table public.half (); select no_such_column;',
  };
  await expect(runWith([...ours, faulty])).rejects.toThrow(
    '20270101000000_faulty failed, and nothing of it was done: column "no_such_column" does not exist (42703)',
  );
  expect(await versions()).toEqual(await allVersions());
  expect((await admin.query("select to_regclass('public.half') as half")).rows).toEqual([{ half: null }]);
  const told = await runWith([...ours, { ...faulty, text: 'create table public.half ()' }]);
  expect(told[0]).toMatch(/^applied 20270101000000_faulty/);
});

test('a database that the CLI migrated in part is taken on from there, an old record without its columns too', async () => {
  const [first] = ours as [Migration, ...Migration[]];
  await admin.query('create schema supabase_migrations');
  await admin.query('create table supabase_migrations.schema_migrations (version text not null primary key)');
  for (const statement of splitStatements(first.text)) await admin.query(statement);
  await admin.query('insert into supabase_migrations.schema_migrations (version) values ($1)', [first.version]);
  const { code, out } = await runJob();
  expect([code, out.includes(first.version)]).toEqual([0, false]);
  expect(await versions()).toEqual(await allVersions());
});

test('a database that another tool with the CLI’s record migrated has nothing to be done', async () => {
  const bare = await startPostgres({ bare: true });
  const lite = await startLite({ postgresUrl: bare.url });
  const { code, out } = await runJob({ DATABASE_URL: bare.url });
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/^the database is up to date/) });
  await lite.stop();
  await bare.stop();
});

test('a database of a later release is left as it is, in words, and without a fault', async () => {
  const version = '20991231000000';
  const text = `create or replace function public.story_tasks_schema(request jsonb) returns jsonb language sql as
    $$ select jsonb_build_object('version', '${version}') $$`;
  await runWith([...ours, { version, name: 'later', text }]);
  expect(await runJob()).toMatchObject({
    code: 0,
    out: expect.stringContaining(`is at ${version}, newer than this image`),
  });
});

test('a gap in the record is not filled, and is told with what to do', async () => {
  await runJob();
  await admin.query("delete from supabase_migrations.schema_migrations where version = '20261103000000'");
  const { code, out } = await runJob();
  expect([code, out]).toEqual([1, expect.stringContaining('migration repair --status applied 20261103000000')]);
});

test('a lock that traffic holds is tried for again and again, and never stood in line for', async () => {
  await runJob();
  await admin.query('begin; lock table public.story_tasks in access share mode');
  const altering = {
    version: '20270101000000',
    name: 'altering',
    text: 'alter table public.story_tasks add column more int',
  };
  const migrating = runWith([...ours, altering], { waitMs: 20_000, lockMs: 200 });
  const other = await server.connect();
  const startedAt = performance.now();
  for (let reads = 0; reads < 20; reads += 1) await other.query('select count(*) from public.story_tasks');
  // Twenty reads behind a migration that stood in line would wait for it as long as the lock is held.
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  await admin.query('commit');
  expect((await migrating).join()).toContain('applied 20270101000000_altering');
  await other.end();
});

test('a lock that is never given up is given up on, in words, with nothing done', async () => {
  await runJob();
  await admin.query('begin; lock table public.story_tasks in access share mode');
  const altering = {
    version: '20270101000000',
    name: 'altering',
    text: 'alter table public.story_tasks add column more int',
  };
  await expect(runWith([...ours, altering], { waitMs: 500, lockMs: 100 })).rejects.toThrow(
    'gave up waiting: canceling',
  );
  await admin.query('commit');
  expect(await versions()).toEqual(await allVersions());
});

test('a database that is not up yet is waited for', async () => {
  admin.on('error', () => undefined);
  const restarted = server.restart();
  const job = runJob();
  await restarted;
  admin = await server.connect('postgres');
  expect((await job).code).toBe(0);
});

test('one that is told to end while it waits ends as one that may be tried again', async () => {
  const DATABASE_URL = `postgres://u@127.0.0.1:${await freePort()}/x`;
  const job = spawn(process.execPath, [migrateMain], { env: { DATABASE_URL }, stdio: ['ignore', 'pipe', 'inherit'] });
  await once(job.stdout, 'data');
  job.kill('SIGTERM');
  expect((await once(job, 'exit'))[0]).toBe(143);
});

test.each([
  [
    'that nobody answers at',
    async () => `postgres://u:canary-pass@127.0.0.1:${await freePort()}/x`,
    1,
    'gave up waiting: no connection (ECONNREFUSED)',
  ],
  [
    'without such a database',
    async () => server.url.replace(/postgres$/, 'none'),
    1,
    'database "none" does not exist (3D000)',
  ],
  ['that speaks no TLS where it is asked for', async () => `${server.url}?sslmode=require`, 1, 'no connection'],
  ['that is no URL', async () => 'canary-pass', 2, 'DATABASE_URL: must be as postgres://'],
  ['of something else', async () => 'https://u:canary-pass@host/', 2, 'DATABASE_URL: must be as postgres://'],
  ['that is empty', async () => '', 2, 'DATABASE_URL: the URL of the database is needed'],
])('a URL %s ends it in words that do not repeat it', async (_, url, code, words) => {
  const ended = await runJob({ DATABASE_URL: await url(), MIGRATE_WAIT_SECONDS: '0.5' });
  expect(ended).toMatchObject({ code, out: expect.stringContaining(words) });
  expect(ended.out).not.toContain('canary');
});
