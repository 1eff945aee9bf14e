/** Who may claim, how batches are answered, and what ends a claim (R6, R8). */
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
  newTask,
  one,
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

const later = (id: string) =>
  client.query("update public.story_tasks set available_at = now() + interval '30 s' where id = $1", [id]);

describe('a claim is refused', () => {
  const refusals: [string, () => Promise<{ id: string; request?: Record<string, unknown> }>][] = [
    ['not_found', async () => ({ id: randomUUID() })],
    ['held', async () => ({ id: await newTask(client, { held: true }) })],
    ['running', async () => ({ id: await runningTask(client) })],
    [
      'not_yet',
      async () => {
        const id = await newTask(client);
        await later(id);
        return { id };
      },
    ],
    [
      'cancelled',
      async () => {
        const id = await runningTask(client);
        await cancel(client, id);
        return { id };
      },
    ],
    [
      'terminal',
      async () => {
        const id = await newTask(client);
        await cancel(client, id);
        return { id };
      },
    ],
    [
      'stale_claim',
      async () => {
        const claimToken = randomUUID();
        const id = await runningTask(client, {}, { claimToken });
        await release(client, id);
        return { id, request: { claimToken } };
      },
    ],
    [
      'limit',
      async () => {
        await runningTask(client, { operation: 'BUILD_PLAYER_BUNDLE' });
        return { id: await newTask(client, { operation: 'BUILD_PLAYER_BUNDLE' }), request: { globalLimit: 1 } };
      },
    ],
  ];

  test.each(refusals)('with the reason %s, and changes nothing', async (reason, prepare) => {
    const { id, request } = await prepare();
    const before = await client.query('select * from public.story_tasks where id = $1', [id]);
    const answer = await claim(client, id, request);
    expect([answer.outcome, answer.reason]).toEqual(['refused', reason]);
    expect((await client.query('select * from public.story_tasks where id = $1', [id])).rows).toEqual(before.rows);
  });

  test('before its time with the time that is left', async () => {
    const id = await newTask(client);
    await later(id);
    const { retryAfterMs } = await claim(client, id);
    expect(Number(retryAfterMs)).toBeGreaterThan(25_000);
    expect(Number(retryAfterMs)).toBeLessThanOrEqual(30_000);
  });
});

describe('a batch', () => {
  test('answers for each task, and a stale one leaves the others in force', async () => {
    const [ok, stale, asked] = [await runningTask(client), await runningTask(client), await runningTask(client)];
    const unknown = randomUUID();
    await cancel(client, asked);
    const entries = [entry(ok), entry(stale, { attempt: 7 }), entry(asked), entry(unknown)];
    const { answers } = await batch(client, ...entries);
    expect(answers).toEqual({ [ok]: 'ok', [stale]: 'stale', [asked]: 'cancel', [unknown]: 'not_found' });
    expect((await eventRows(client, ok)).at(-1)?.message).toBe('told');
    expect(await eventRows(client, stale)).toHaveLength(2);
  });

  test('is stale once its lease ran out, though nobody took over', async () => {
    const id = await runningTask(client, {}, { leaseMs: 0 });
    expect((await batch(client, entry(id))).answers).toEqual({ [id]: 'stale' });
    expect(await eventRows(client, id)).toHaveLength(2);
  });

  test('extends the lease by what it says, and leaves it when it says nothing', async () => {
    const id = await runningTask(client, {}, { leaseMs: 1_000 });
    const before = await taskRow(client, id);
    await batch(client, entry(id, { leaseMs: undefined }));
    expect((await taskRow(client, id)).lease_expires_at).toBe(before.lease_expires_at);
    await batch(client, entry(id, { leaseMs: 90_000 }));
    const { rows } = await client.query(
      "select lease_expires_at > clock_timestamp() + interval '80 s' as longer from public.story_tasks where id = $1",
      [id],
    );
    expect(one(rows)).toEqual({ longer: true });
  });

  test('takes token counts as totals, so that a repeat or a late one adds nothing', async () => {
    const id = await runningTask(client);
    for (const inputTokens of [10, 25, 25, 10]) await batch(client, entry(id, { inputTokens, events: [] }));
    expect((await taskRow(client, id)).input_tokens).toBe(25);
  });

  test('numbers events without a gap, passes over what is there, and keeps the order of two entries of one task', async () => {
    const id = await runningTask(client);
    const [first, second, third] = [event({ message: '1' }), event({ message: '2' }), event({ message: '3' })];
    await batch(client, entry(id, { events: [first] }));
    await batch(client, entry(id, { events: [first, second, second] }), entry(id, { events: [second, third] }));
    expect((await eventRows(client, id)).slice(2).map(({ seq, message }) => [seq, message])).toEqual([
      [3, '1'],
      [4, '2'],
      [5, '3'],
    ]);
    expect(await faultOf(client, id)).toBeNull();
  });

  test('cannot set the status of an event: only a change of status does', async () => {
    const id = await runningTask(client);
    await batch(client, entry(id, { events: [event({ status: 'succeeded' })] }));
    expect((await eventRows(client, id)).at(-1)?.status).toBeNull();
    expect((await finish(client, id)).outcome).toBe('finished');
    expect(await faultOf(client, id)).toBeNull();
  });
});

test('an event has a status exactly when the task’s status changed', async () => {
  const id = await newTask(client, { maxAttempts: 2 });
  await claim(client, id);
  await batch(client, entry(id));
  await finish(client, id, { status: 'failed', retryAfterMs: 0, events: [event()] });
  await claim(client, id);
  await release(client, id, 2);
  await claim(client, id);
  await cancel(client, id);
  await finish(client, id, { attempt: 3 });
  expect((await eventRows(client, id)).map(({ status }) => status)).toEqual([
    'queued',
    'running',
    null,
    null,
    'queued',
    'running',
    'queued',
    'running',
    null,
    'cancelled',
  ]);
  expect(await faultOf(client, id)).toBeNull();
});

test('a failed enqueue frees the idempotency key, and is refused once somebody claimed the task', async () => {
  const keyed = { idempotencyKey: 'again', requestHash: 'hash', requester: 'sa:a/b' };
  const fail = (taskId: string) =>
    call(client, 'fail_story_task_enqueue', { taskId, eventId: randomUUID(), message: 'no queue' });
  const lost = await newTask(client, keyed);
  expect((await fail(lost)).task).toMatchObject({
    status: 'failed',
    error_code: 'ENQUEUE_FAILED',
    idempotency_key: null,
  });
  const taken = await newTask(client, keyed);
  expect(taken).not.toBe(lost);
  await claim(client, taken);
  expect((await fail(taken)).outcome).toBe('refused');
  await release(client, taken);
  expect((await fail(taken)).outcome).toBe('refused');
});

test('an argument that a gateway hands over as a JSON string is understood', async () => {
  const id = await newTask(client);
  const { rows } = await client.query('select public.claim_story_task(to_jsonb($1::text)) as answer', [
    JSON.stringify(claimRequest(id)),
  ]);
  expect(one(rows)).toMatchObject({ answer: { outcome: 'claimed' } });
});
