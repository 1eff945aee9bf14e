/** Lost runs and retention, as rows decide them: what becomes of a run without a lease, and what is left alone. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  batch,
  call,
  cancel,
  claim,
  entry,
  event,
  eventRows,
  faultOf,
  finish,
  newTask,
  one,
  type Request,
  runningTask,
  type TaskRow,
  taskRow,
} from './calls.ts';
import { type PostgresServer, startPostgres } from './harness.ts';
import { mend } from './reconcilerCalls.ts';

let server: PostgresServer;
let client: pg.Client;

beforeAll(async () => {
  server = await startPostgres();
  client = await server.connect();
});
beforeEach(async () => {
  await client.query('delete from public.story_tasks');
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

/** A lease of no length has run out by the time the claim is answered. */
const lostRun = (request: Request = {}) => runningTask(client, request, { leaseMs: 0 });

/** @returns what the mending of exactly this task was */
async function mendOnly(taskId: string, resumable?: readonly string[]): Promise<{ action: string; row: TaskRow }> {
  const { action, task } = one(await mend(client, resumable));
  expect(task.id).toBe(taskId);
  expect(await faultOf(client, taskId)).toBeNull();
  return { action, row: await taskRow(client, taskId) };
}

test('a lost run of a resumable operation is queued again at once, at no cost', async () => {
  const id = await lostRun();
  const { action, row } = await mendOnly(id);
  expect(action).toBe('requeued');
  expect(row).toMatchObject({ status: 'queued', attempt: 1, attempts_spent: 0, losses_since_progress: 1 });
  expect(row).toMatchObject({ worker_id: null, lease_expires_at: null, error_code: null });
  expect(await claim(client, id)).toMatchObject({ outcome: 'claimed', task: { attempt: 2 } });
});

test('the one event of a loss names the attempt and the worker', async () => {
  const id = await lostRun();
  await mend(client);
  const { rows } = await client.query('select payload from public.story_task_events where task_id = $1 and seq = 3', [
    id,
  ]);
  expect(one(rows)).toEqual({ payload: { code: 'WORKER_LOST', attempt: 1, workerId: 'worker-1' } });
  expect((await eventRows(client, id)).map(({ status }) => status)).toEqual(['queued', 'running', 'queued']);
});

test.each([
  ['with budget left is queued again, and an attempt is spent', 2, { status: 'queued', attempts_spent: 1 }],
  ['without budget fails', 1, { status: 'failed', attempts_spent: 1, error_code: 'WORKER_LOST' }],
])('a lost run of an operation that cannot resume, %s', async (_name, maxAttempts, wanted) => {
  const id = await lostRun({ maxAttempts });
  expect((await mendOnly(id, [])).row).toMatchObject(wanted);
});

test('the third loss in a row without a persisted step fails, however resumable the operation is', async () => {
  const id = await lostRun();
  for (const wanted of ['requeued', 'requeued', 'lost']) {
    expect((await mendOnly(id)).action).toBe(wanted);
    await claim(client, id, { leaseMs: 0 });
  }
  expect(await taskRow(client, id)).toMatchObject({ status: 'failed', error_code: 'WORKER_LOST', attempt: 3 });
});

test('a persisted step begins the count of losses anew', async () => {
  const id = await newTask(client);
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    await claim(client, id);
    const step = event({ persisted: true, progressOverride: attempt });
    expect((await batch(client, entry(id, { attempt, leaseMs: 0, events: [step] }))).answers).toEqual({ [id]: 'ok' });
    expect((await mendOnly(id)).row).toMatchObject({ status: 'queued', losses_since_progress: 1 });
  }
});

test('a lost run that was asked to stop ends as cancelled, and is not counted as a loss', async () => {
  const id = await lostRun();
  await cancel(client, id);
  const { action, row } = await mendOnly(id);
  expect(action).toBe('cancelled');
  expect(row).toMatchObject({ status: 'cancelled', error_code: null, losses_since_progress: 0 });
});

test('a lost direct run fails, whatever budget it has: nobody else may run it', async () => {
  const id = await lostRun({ dispatch: 'direct', maxAttempts: 5 });
  const { action, row } = await mendOnly(id);
  expect(action).toBe('lost');
  expect(row).toMatchObject({ status: 'failed', error_code: 'WORKER_LOST' });
  expect((await eventRows(client, id)).at(-1)).toMatchObject({ event_type: 'error', status: 'failed' });
});

test('a second call finds nothing', async () => {
  await lostRun();
  expect(await mend(client)).toHaveLength(1);
  expect(await mend(client)).toEqual([]);
});

test('runs with a live lease, queued rows, ended ones and rows of the first migration are left alone', async () => {
  await newTask(client);
  await runningTask(client);
  await finish(client, await runningTask(client));
  await client.query("insert into public.story_tasks (operation, status) values ('RUN_WORKFLOW_TASK', 'running')");
  expect(await mend(client)).toEqual([]);
});

test('a call mends so many at most, by id', async () => {
  const ids = [await lostRun(), await lostRun(), await lostRun()].sort();
  const pages = [await mend(client, undefined, 2), await mend(client, undefined, 2)];
  expect(pages.map((page) => page.map(({ task }) => task.id))).toEqual([ids.slice(0, 2), ids.slice(2)]);
});

test('the overtaken run is refused whatever it writes after the loss was mended', async () => {
  const id = await lostRun();
  await mend(client);
  expect((await batch(client, entry(id))).answers).toEqual({ [id]: 'stale' });
  expect((await finish(client, id)).outcome).toBe('stale');
});

const find = async (...ids: string[]) => (await call(client, 'find_story_tasks', { ids })) as unknown;

test('rows are found by id, and an id without one is left out', async () => {
  const id = await newTask(client);
  const row = { id, operation: 'RUN_WORKFLOW_TASK', status: 'queued', dispatch: 'queue' };
  expect(await find(id, randomUUID())).toEqual({ outcome: 'found', tasks: [row] });
  expect(await find()).toEqual({ outcome: 'found', tasks: [] });
});

const day = 86_400_000;

/** A task that ended so many days ago. */
async function endedTask(days: number, request: Request = {}): Promise<string> {
  const id = await runningTask(client, request);
  await finish(client, id);
  await client.query("update public.story_tasks set finished_at = now() - $2 * interval '1 day' where id = $1", [
    id,
    days,
  ]);
  return id;
}

async function purge(days: number, limit = 100): Promise<string[]> {
  const answer = await call(client, 'purge_story_tasks', { finishedBeforeMs: days * day, limit });
  return (answer as unknown as { tasks: { id: string }[] }).tasks.map(({ id }) => id);
}

test('what ended longer ago than the retention goes, with its events; the rest stays', async () => {
  const [old, recent, open] = [await endedTask(8), await endedTask(6), await runningTask(client)];
  expect(await purge(7)).toEqual([old]);
  expect(await eventRows(client, old)).toEqual([]);
  const { rows } = await client.query<{ id: string }>('select id from public.story_tasks order by created_at');
  expect(rows.map(({ id }) => id)).toEqual([recent, open]);
});

test('a purge takes so many at most, the oldest first', async () => {
  const [second, first, third] = [await endedTask(9), await endedTask(10), await endedTask(8)];
  expect((await purge(7, 2)).sort()).toEqual([first, second].sort());
  expect(await purge(7, 2)).toEqual([third]);
});

test('a task stays while its retry has not ended, and a retry outlives it then', async () => {
  const old = await endedTask(8);
  const retry = await runningTask(client, { retryOf: old });
  expect(await purge(7)).toEqual([]);
  await finish(client, retry);
  expect(await purge(7)).toEqual([old]);
  expect(await faultOf(client, retry)).toBeNull();
});
