/** What Realtime would send: the changes of tasks and their events, and of nothing else. */
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batch, entry, newStory, newTask, runningTask } from './calls.ts';
import { type PostgresServer, startPostgres } from './harness.ts';

let server: PostgresServer;
let admin: pg.Client;
let client: pg.Client;

beforeAll(async () => {
  server = await startPostgres();
  [admin, client] = [await server.connect('postgres'), await server.connect()];
  await admin.query("select pg_create_logical_replication_slot('watched', 'pgoutput')");
});
afterAll(async () => {
  await Promise.all([admin.end(), client.end()]);
  await server.stop();
});

const kinds: Record<string, string> = { I: 'insert', U: 'update', D: 'delete' };

/** Message `R`: int32 relation id, then namespace and table name, each ended by a zero byte. */
function tableName(message: Buffer): string {
  const nameStart = message.indexOf(0, 5) + 1;
  return message.subarray(nameStart, message.indexOf(0, nameStart)).toString();
}

/** Takes what was published since the last look, as `insert story_tasks`. */
async function published(): Promise<string[]> {
  const { rows } = await admin.query<{ data: Buffer }>(
    `select data from pg_logical_slot_get_binary_changes('watched', null, null,
       'proto_version', '1', 'publication_names', 'supabase_realtime')`,
  );
  const tables = new Map<number, string>();
  const changes: string[] = [];
  for (const { data } of rows) {
    const type = data.toString('latin1', 0, 1);
    if (type === 'R') tables.set(data.readInt32BE(1), tableName(data));
    else if (kinds[type]) changes.push(`${kinds[type]} ${tables.get(data.readInt32BE(1))}`);
  }
  return changes;
}

test('the publication has the two tables that people watch', async () => {
  const { rows } = await admin.query(
    "select tablename from pg_publication_tables where pubname = 'supabase_realtime' order by 1",
  );
  expect(rows.map(({ tablename }) => tablename)).toEqual(['story_task_events', 'story_tasks']);
});

test('a new task and a claim are published, each with its event', async () => {
  await published();
  const id = await newTask(client);
  expect(new Set(await published())).toEqual(
    new Set(['insert story_tasks', 'insert story_task_events', 'update story_tasks']),
  );
  await client.query("update public.story_tasks set status = 'running' where id = $1", [id]);
  expect(new Set(await published())).toEqual(new Set(['update story_tasks', 'insert story_task_events']));
});

test('the events of a batch are published, and an update of an event too', async () => {
  const id = await runningTask(client);
  await published();
  await batch(client, entry(id));
  expect(await published()).toContain('insert story_task_events');
  await client.query("update public.story_task_events set message = 'changed' where task_id = $1", [id]);
  expect(await published()).toContain('update story_task_events');
});

test('a write to another table is not', async () => {
  await published();
  await newStory(client);
  await client.query("update public.stories set display_name = 'Another'");
  await client.query("insert into public.story_task_lanes values ('X')");
  expect(await published()).toEqual([]);
});
