/** The second migration is additive: what the first one's callers made stays, and what they do goes on working. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventRows, faultOf, one, taskRow } from './calls.ts';
import { applySql, migrationFiles, type PostgresServer, startPostgres } from './harness.ts';

let server: PostgresServer;
let client: pg.Client;
let other: pg.Client;
/** By status: made and ended while only the first migration was applied. */
const old: Record<string, string> = {};
const user = randomUUID();

beforeAll(async () => {
  server = await startPostgres({ migrations: 1 });
  const admin = await server.connect('postgres');
  await admin.query('insert into auth.users (id) values ($1)', [user]);
  [client, other] = [await server.connect(), await server.connect()];
  for (const status of ['queued', 'running', 'succeeded', 'failed', 'cancelled']) old[status] = await oldTask(status);
  await admin.end();
  await applySql(server.url, (await migrationFiles()).slice(1));
});
afterAll(async () => {
  await Promise.all([client.end(), other.end()]);
  await server.stop();
});

async function insertTask(values: Record<string, unknown> = {}): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `insert into public.story_tasks (operation, status, progress, requested_by)
     values ('REGENERATE_CONSTITUTION', $1, $2, $3) returning id`,
    [values['status'] ?? 'queued', values['progress'] ?? 0, values['requestedBy'] ?? null],
  );
  return one(rows).id;
}

const insertEvent = (by: pg.Client, taskId: string, message: string, progress: number | null = null) =>
  by.query(
    `insert into public.story_task_events (task_id, event_type, message, progress_override)
     values ($1, 'progress', $2, $3)`,
    [taskId, message, progress],
  );

const setStatus = (taskId: string, status: string) =>
  client.query('update public.story_tasks set status = $2 where id = $1', [taskId, status]);

async function oldTask(status: string): Promise<string> {
  const id = await insertTask({ status, progress: 40, requestedBy: user });
  for (const message of ['one', 'two', 'three']) await insertEvent(client, id, message);
  return id;
}

const idOf = (status: string) => old[status] ?? '';

describe('data of the first migration', () => {
  test.each(['queued', 'running'])(
    'a %s task keeps its status, and its events are numbered in their order',
    async (status) => {
      const [task, events] = [await taskRow(client, idOf(status)), await eventRows(client, idOf(status))];
      expect([task.status, task.progress, task.last_seq, task.finished_at]).toEqual([status, 40, 3, null]);
      expect(events.map(({ seq, message }) => [seq, message])).toEqual([
        [1, 'one'],
        [2, 'two'],
        [3, 'three'],
      ]);
      expect(await faultOf(client, idOf(status))).toBeNull();
    },
  );

  test.each(['succeeded', 'failed', 'cancelled'])(
    'a %s task gets the time of its end and a terminal event',
    async (status) => {
      const task = await taskRow(client, idOf(status));
      expect([task.status, task.attempt, task.last_seq]).toEqual([status, 0, 4]);
      expect(task.finished_at).not.toBeNull();
      expect((await eventRows(client, idOf(status))).at(-1)).toMatchObject({ seq: 4, status });
      expect(await faultOf(client, idOf(status))).toBeNull();
    },
  );

  test('what ended stays as it is, and what did not goes on', async () => {
    await expect(setStatus(idOf('succeeded'), 'queued')).rejects.toThrow('which is final');
    await setStatus(idOf('queued'), 'running');
    await setStatus(idOf('running'), 'succeeded');
    for (const status of ['queued', 'running']) expect(await faultOf(client, idOf(status))).toBeNull();
  });
});

describe('a caller of the first migration', () => {
  test('makes a task, tells of it and ends it; the triggers add times, numbers and the events of the status', async () => {
    const id = await insertTask();
    await setStatus(id, 'running');
    await insertEvent(client, id, 'half', 50);
    expect((await taskRow(client, id)).progress).toBe(50);
    await setStatus(id, 'succeeded');
    const task = await taskRow(client, id);
    expect([task.progress, task.started_at === null, task.finished_at === null]).toEqual([100, false, false]);
    const told = (await eventRows(client, id)).map(({ seq, status, message }) => [seq, status, message]);
    expect(told).toEqual([
      [1, 'running', 'Status changed to running'],
      [2, null, 'half'],
      [3, 'succeeded', 'Status changed to succeeded'],
    ]);
    await expect(setStatus(id, 'failed')).rejects.toThrow('which is final');
  });

  test('lowers no progress by an event or by a statement', async () => {
    const id = await insertTask({ status: 'running' });
    for (const progress of [60, 20]) await insertEvent(client, id, 'told', progress);
    await client.query('update public.story_tasks set progress = 10 where id = $1', [id]);
    expect((await taskRow(client, id)).progress).toBe(60);
  });

  test('may insert a task that is running or over already', async () => {
    const [running, over] = [await insertTask({ status: 'running' }), await insertTask({ status: 'failed' })];
    expect((await taskRow(client, running)).started_at).not.toBeNull();
    expect((await taskRow(client, over)).finished_at).not.toBeNull();
    expect((await eventRows(client, over)).map(({ status, event_type }) => [status, event_type])).toEqual([
      ['failed', 'error'],
    ]);
    for (const id of [running, over]) expect(await faultOf(client, id)).toBeNull();
  });

  test('gets no gap from two connections that tell at once', async () => {
    const id = await insertTask({ status: 'running' });
    const tell = async (by: pg.Client, name: string) => {
      for (let n = 0; n < 100; n += 1) await insertEvent(by, id, `${name} ${n}`);
    };
    await Promise.all([tell(client, 'left'), tell(other, 'right')]);
    expect(await eventRows(client, id)).toHaveLength(201);
    expect(await faultOf(client, id)).toBeNull();
  });

  test('cannot give an event a number or a status of its own', async () => {
    const id = await insertTask();
    await client.query(
      `insert into public.story_task_events (task_id, event_type, message, seq, status) values ($1, 'info', 'x', 77, 'failed')`,
      [id],
    );
    expect((await eventRows(client, id)).map(({ seq, status }) => [seq, status])).toEqual([[1, null]]);
  });

  test('is refused an event of a task that is not there', async () => {
    await expect(insertEvent(client, randomUUID(), 'x')).rejects.toThrow('violates foreign key constraint');
  });

  test('makes direct tasks, which no reconciler touches', async () => {
    const { rows } = await client.query('select dispatch from public.story_tasks where id = $1', [await insertTask()]);
    expect(one(rows)).toEqual({ dispatch: 'direct' });
  });
});

test('a person who leaves does not take their tasks along', async () => {
  const [id, admin] = [await insertTask({ requestedBy: user }), await server.connect('postgres')];
  await admin.query('delete from auth.users where id = $1', [user]);
  await admin.end();
  for (const kept of [id, idOf('succeeded')]) expect((await taskRow(client, kept)).requested_by).toBeNull();
});
