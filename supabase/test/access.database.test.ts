/** Who may touch what, by Postgres' own word: only the service role works the tables. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newStory, newTask, one } from './calls.ts';
import { type PostgresServer, startPostgres } from './harness.ts';

let server: PostgresServer;
let admin: pg.Client;
const [owner, stranger] = [randomUUID(), randomUUID()];
let ownTask: string;
let strangersTask: string;

beforeAll(async () => {
  server = await startPostgres();
  admin = await server.connect('postgres');
  await admin.query('insert into auth.users (id) values ($1), ($2)', [owner, stranger]);
  const service = await server.connect();
  await newStory(service);
  ownTask = await newTask(service, { requestedBy: owner });
  strangersTask = await newTask(service, { requestedBy: stranger });
  await service.end();
});
afterAll(async () => {
  await admin.end();
  await server.stop();
});

/** A connection as a signed-in person, or as nobody. */
async function as(role: 'anon' | 'authenticated'): Promise<pg.Client> {
  const client = await server.connect(role);
  if (role === 'authenticated') await client.query("select set_config('request.jwt.claim.sub', $1, false)", [owner]);
  return client;
}

async function listOf(sql: string): Promise<string[]> {
  const { rows } = await admin.query<{ name: string }>(sql);
  return rows.map(({ name }) => name);
}

const publicTables = () => listOf("select tablename as name from pg_tables where schemaname = 'public' order by 1");
const ourFunctions = () =>
  listOf(`select oid::regprocedure::text as name from pg_proc
          where pronamespace in ('public'::regnamespace, 'story_tasks_internal'::regnamespace) order by 1`);

test('row level security is on for every table', async () => {
  const open = await listOf(
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and not relrowsecurity",
  );
  expect(open).toEqual([]);
  expect((await publicTables()).length).toBeGreaterThanOrEqual(7);
});

test('every function of ours has an empty search path, and none runs with its owner’s rights', async () => {
  const loose = await listOf(
    `select oid::regprocedure::text as name from pg_proc
     where pronamespace in ('public'::regnamespace, 'story_tasks_internal'::regnamespace)
       and (prosecdef or not coalesce(proconfig @> array['search_path=""'], false))`,
  );
  expect(loose).toEqual([]);
  expect((await ourFunctions()).length).toBeGreaterThan(20);
});

describe.each(['anon', 'authenticated'] as const)('as %s', (role) => {
  test.each(['insert', 'update', 'delete', 'truncate', 'references', 'trigger'])(
    'no table grants %s',
    async (privilege) => {
      for (const table of await publicTables()) {
        const asked = await admin.query('select has_table_privilege($1, $2, $3) as has', [role, table, privilege]);
        expect([table, one(asked.rows)]).toEqual([table, { has: false }]);
      }
    },
  );

  test('a write to any table is refused', async () => {
    const client = await as(role);
    for (const table of await publicTables()) {
      for (const start of ['insert into', 'delete from', 'truncate']) {
        const write = client.query(`${start} public.${table} ${start === 'insert into' ? 'default values' : ''}`);
        await expect(write).rejects.toThrow('permission denied');
      }
    }
    await client.end();
  });

  test('no function can be executed', async () => {
    for (const name of await ourFunctions()) {
      const asked = await admin.query("select has_function_privilege($1, $2, 'execute') as has", [role, name]);
      expect([name, one(asked.rows)]).toEqual([name, { has: false }]);
    }
  });

  test('a call of any public function is refused', async () => {
    const client = await as(role);
    for (const name of await listOf(
      "select proname as name from pg_proc where pronamespace = 'public'::regnamespace",
    )) {
      await expect(client.query(`select public.${name}('{}')`)).rejects.toThrow('permission denied for function');
    }
    const inner = client.query('select story_tasks_internal.begin_function()');
    await expect(inner).rejects.toThrow('permission denied for schema');
    await client.end();
  });
});

test('nobody reads anything without signing in', async () => {
  const client = await as('anon');
  for (const table of await publicTables()) {
    await expect(client.query(`select * from public.${table}`)).rejects.toThrow('permission denied');
  }
  await client.end();
});

test('a person sees their own tasks and events, and nobody else’s', async () => {
  const client = await as('authenticated');
  const tasks = await client.query('select id from public.story_tasks');
  const events = await client.query('select distinct task_id from public.story_task_events');
  await client.end();
  expect(tasks.rows).toEqual([{ id: ownTask }]);
  expect(events.rows).toEqual([{ task_id: ownTask }]);
  expect(strangersTask).not.toBe(ownTask);
});

test('a person sees the stories that they made, and none of a server or of somebody else', async () => {
  const made =
    'insert into public.stories (display_name, initial_prompt, requested_by) values ($1, $1, $2) returning id';
  const own = one((await admin.query<{ id: string }>(made, ['own', owner])).rows);
  await admin.query(made, ['stranger’s', stranger]);
  const client = await as('authenticated');
  const { rows } = await client.query('select id from public.stories');
  await client.end();
  expect(rows).toEqual([own]);
});

test('a person reads no other table', async () => {
  const client = await as('authenticated');
  const readable = new Set(['stories', 'story_tasks', 'story_task_events']);
  for (const table of (await publicTables()).filter((name) => !readable.has(name))) {
    await expect(client.query(`select * from public.${table}`)).rejects.toThrow('permission denied');
  }
  await client.end();
});
