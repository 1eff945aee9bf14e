/** The rules that Postgres itself keeps, one at a time (R1 to R8). */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  batch,
  call,
  cancel,
  claim,
  claimRequest,
  entry,
  event,
  eventRows,
  faultOf,
  finish,
  newStory,
  newTask,
  one,
  type Request,
  release,
  runningTask,
  taskRow,
} from './calls.ts';
import { type PostgresServer, startPostgres } from './harness.ts';

let server: PostgresServer;
let client: pg.Client;

beforeAll(async () => {
  server = await startPostgres();
  client = await server.connect();
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

const update = (taskId: string, request: Request) =>
  call(client, 'update_story_task', { taskId, eventId: randomUUID(), ...request });
const progressEvent = (progressOverride: number, persisted = false) => event({ progressOverride, persisted });

describe('R1: a terminal status never changes', () => {
  const ends = ['succeeded', 'failed', 'cancelled'] as const;

  test.each(ends)('no function changes a task that is %s', async (status) => {
    const id = await runningTask(client, { dispatch: 'direct', maxAttempts: 5 });
    await finish(client, id, { status });
    const before = await taskRow(client, id);
    const outcomes = [
      (await claim(client, id)).outcome,
      (await batch(client, entry(id))).answers?.[id],
      (await finish(client, id, { status: 'failed', retryAfterMs: 0 })).outcome,
      (await release(client, id)).outcome,
      (await cancel(client, id)).outcome,
      (await call(client, 'fail_story_task_enqueue', { taskId: id, eventId: randomUUID(), message: 'x' })).outcome,
      (await update(id, { patch: { status: 'running' } })).outcome,
    ];
    const cancelled = status === 'cancelled' ? 'cancelled' : 'terminal';
    expect(outcomes).toEqual(['refused', 'stale', 'stale', 'stale', cancelled, 'refused', 'illegal_transition']);
    expect(await taskRow(client, id)).toEqual(before);
    expect(await faultOf(client, id)).toBeNull();
  });

  test.each(ends)('no plain statement changes a task that is %s', async (status) => {
    const id = await runningTask(client);
    await finish(client, id, { status });
    for (const other of ['queued', 'running', ...ends.filter((end) => end !== status)]) {
      const change = client.query('update public.story_tasks set status = $2 where id = $1', [id, other]);
      await expect(change).rejects.toThrow('which is final');
    }
  });

  test('a second terminal event is refused by an index', async () => {
    const id = await runningTask(client);
    await finish(client, id);
    await client.query("select set_config('story_tasks.by_function', 'on', false)");
    const second = client.query(
      `insert into public.story_task_events (task_id, seq, event_type, message, status) values ($1, 99, 'info', 'x', 'failed')`,
      [id],
    );
    await expect(second).rejects.toThrow('story_task_events_terminal_idx');
    await client.query("select set_config('story_tasks.by_function', 'off', false)");
  });

  test('succeeded and cancelled are told by an info event, failed by an error', async () => {
    for (const [status, type] of [
      ['succeeded', 'info'],
      ['cancelled', 'info'],
      ['failed', 'error'],
    ]) {
      const id = await runningTask(client);
      await finish(client, id, { status });
      const last = (await eventRows(client, id)).at(-1);
      expect([last?.status, last?.event_type]).toEqual([status, type]);
    }
  });
});

describe('R2: every write carries its attempt', () => {
  test('a run that was released can write nothing, not even while nobody else has the task', async () => {
    const id = await runningTask(client, { dispatch: 'direct' });
    await release(client, id);
    expect((await batch(client, entry(id))).answers).toEqual({ [id]: 'stale' });
    expect((await finish(client, id)).outcome).toBe('stale');
    expect((await update(id, { attempt: 1, patch: { status: 'succeeded' } })).outcome).toBe('stale');
    expect((await taskRow(client, id)).status).toBe('queued');
  });

  test('an attempt never goes back, and a release spends none', async () => {
    const id = await runningTask(client);
    await release(client, id);
    await claim(client, id);
    const { attempt, attempts_spent } = await taskRow(client, id);
    expect([attempt, attempts_spent]).toEqual([2, 0]);
    const back = client.query('update public.story_tasks set attempt = 1 where id = $1', [id]);
    await expect(back).rejects.toThrow('may not go back');
  });

  test('a failure is retried while the budget lasts, each time not before its pause is over', async () => {
    const id = await runningTask(client, { maxAttempts: 3 });
    for (const attempt of [1, 2]) {
      const failed = await finish(client, id, { attempt, status: 'failed', errorCode: 'SLOW', retryAfterMs: 60_000 });
      expect([failed.outcome, failed.task?.attempts_spent]).toEqual(['retrying', attempt]);
      const early = await claim(client, id);
      expect([early.reason, Number(early.retryAfterMs) > 50_000]).toEqual(['not_yet', true]);
      await client.query('update public.story_tasks set available_at = now() where id = $1', [id]);
      expect((await claim(client, id)).outcome).toBe('claimed');
    }
    const last = await finish(client, id, { attempt: 3, status: 'failed', errorCode: 'SLOW', retryAfterMs: 60_000 });
    expect([last.outcome, last.task?.status, last.task?.error_code]).toEqual(['finished', 'failed', 'SLOW']);
    expect(last.task?.attempts_spent).toBe(3);
  });

  test('a failure that says nothing of a retry ends the task whatever the budget', async () => {
    const id = await runningTask(client, { maxAttempts: 3 });
    expect((await finish(client, id, { status: 'failed' })).task?.status).toBe('failed');
  });

  test('a write without an attempt is legal on direct tasks alone', async () => {
    const [queue, direct] = [await newTask(client), await newTask(client, { dispatch: 'direct' })];
    const answers = await batch(client, ...[queue, direct].map((taskId) => ({ taskId, events: [event()] })));
    expect(answers.answers).toEqual({ [queue]: 'attempt_required', [direct]: 'ok' });
    expect((await update(queue, { patch: { status: 'running' } })).outcome).toBe('attempt_required');
    expect((await update(direct, { patch: { status: 'running' } })).outcome).toBe('updated');
  });

  test('story work is kept as first written, and a stale run writes none', async () => {
    const [id, storyId] = [await runningTask(client), await newStory(client)];
    const save = (attempt: number, text: string) =>
      call(client, 'save_story_work', {
        taskId: id,
        attempt,
        storyId,
        kind: 'scenelet',
        key: 'start',
        content: { text },
      });
    const first = await save(1, 'first');
    expect(first).toMatchObject({ outcome: 'saved', value: { content: { text: 'first' } } });
    expect(await save(1, 'second')).toEqual(first);
    expect((await save(2, 'third')).outcome).toBe('stale');
    const { rows } = await client.query('select content from public.scenelets where story_id = $1', [storyId]);
    expect(rows).toEqual([{ content: { text: 'first' } }]);
  });
});

describe('R3: progress never falls within an attempt', () => {
  test('a lower figure is kept at the higher', async () => {
    const id = await runningTask(client);
    for (const progress of [40, 10]) await batch(client, entry(id, { events: [progressEvent(progress)] }));
    expect((await taskRow(client, id)).progress).toBe(40);
    await client.query('update public.story_tasks set progress = 5 where id = $1', [id]);
    expect((await taskRow(client, id)).progress).toBe(40);
  });

  test('a claim goes back to what is persisted, or to nothing when the operation cannot resume', async () => {
    const id = await runningTask(client);
    await batch(client, entry(id, { events: [progressEvent(30, true), progressEvent(60)] }));
    await release(client, id);
    expect((await claim(client, id)).task?.progress).toBe(30);
    await release(client, id, 2);
    expect((await claim(client, id, { resumable: false })).task?.progress).toBe(0);
  });
});

describe('R4: a cancellation that was committed first wins', () => {
  test('over the end that a direct caller sets, by function and by plain statement', async () => {
    const [called, plain] = [await runningTask(client, { dispatch: 'direct' }), await runningTask(client)];
    for (const id of [called, plain]) expect((await cancel(client, id)).outcome).toBe('cancelling');
    const answer = await update(called, { patch: { status: 'succeeded', result: { done: true } } });
    await client.query("update public.story_tasks set status = 'failed' where id = $1", [plain]);
    expect([answer.outcome, answer.task?.status]).toEqual(['illegal_transition', 'cancelled']);
    for (const id of [called, plain]) {
      expect((await taskRow(client, id)).status).toBe('cancelled');
      expect(await faultOf(client, id)).toBeNull();
    }
  });

  test('over a retry and a release', async () => {
    const [failing, leaving] = [await runningTask(client, { maxAttempts: 3 }), await runningTask(client)];
    for (const id of [failing, leaving]) await cancel(client, id);
    expect((await batch(client, entry(failing))).answers).toEqual({ [failing]: 'cancel' });
    expect((await finish(client, failing, { status: 'failed', retryAfterMs: 0 })).outcome).toBe('cancelled');
    expect((await release(client, leaving)).outcome).toBe('cancelled');
  });
});

describe('R5: the time is the database’s', () => {
  test('no time that a caller gives is taken', async () => {
    const past = '2001-01-01T00:00:00Z';
    const times: Request = Object.fromEntries(
      ['createdAt', 'created_at', 'updatedAt', 'startedAt', 'finishedAt', 'availableAt', 'leaseExpiresAt'].map(
        (name) => [name, past],
      ),
    );
    const id = await newTask(client, { ...times, dispatch: 'direct' });
    await call(client, 'claim_story_task', { ...claimRequest(id), ...times });
    await batch(client, { ...entry(id, { events: [event(times)] }), ...times });
    await update(id, { patch: { ...times, progress: 3 }, ...times });
    await finish(client, id, times);
    expect(JSON.stringify([await taskRow(client, id), await eventRows(client, id)])).not.toContain('2001');
  });

  test('a lease counts from now, in the database', async () => {
    const id = await runningTask(client, {}, { leaseMs: 60_000 });
    const { rows } = await client.query(
      `select lease_expires_at between clock_timestamp() + interval '50 s' and clock_timestamp() + interval '60 s' as fits
       from public.story_tasks where id = $1`,
      [id],
    );
    expect(one(rows)).toEqual({ fits: true });
  });
});
