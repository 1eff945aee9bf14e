/** Two connections, no order between them: whoever wins, the answers agree with the rows (R2, R4, R6, R8). */
import { randomUUID } from 'node:crypto';
import { seeded } from '@story-tasks/contracts/test';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  batch,
  call,
  cancel,
  claim,
  entry,
  eventRows,
  faultOf,
  finish,
  newStory,
  newTask,
  one,
  release,
  runningTask,
  taskIn,
  taskRow,
} from './calls.ts';
import { type PostgresServer, startPostgres } from './harness.ts';

const rounds = 200;
const random = seeded(20_261_122);

let server: PostgresServer;
let left: pg.Client;
let right: pg.Client;
let clients: pg.Client[];

beforeAll(async () => {
  server = await startPostgres();
  clients = await Promise.all(Array.from({ length: 8 }, () => server.connect()));
  [left, right] = clients as [pg.Client, pg.Client];
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await server.stop();
});

/** Starts after a few round trips, so that over the rounds each side is sometimes first. */
async function afterTrips<T>(client: pg.Client, act: (client: pg.Client) => Promise<T>): Promise<T> {
  for (let trips = Math.floor(random() * 4); trips > 0; trips -= 1) await client.query('select 1');
  return act(client);
}

function raced<A, B>(one: (c: pg.Client) => Promise<A>, other: (c: pg.Client) => Promise<B>): Promise<[A, B]> {
  if (random() < 0.5) return Promise.all([afterTrips(left, one), afterTrips(right, other)]);
  const second = afterTrips(right, other);
  return Promise.all([afterTrips(left, one), second]);
}

/** Runs the rounds, tells how often each side won, and wants both to have won sometimes. */
async function contestOf(sides: readonly [string, string], round: () => Promise<string>): Promise<void> {
  const wins = new Map(sides.map((side) => [side, 0]));
  for (let n = 0; n < rounds; n += 1) {
    const winner = await round();
    wins.set(winner, (wins.get(winner) ?? 0) + 1);
  }
  console.log(`races: ${[...wins].map(([side, won]) => `${side} ${won}`).join(', ')} of ${rounds}`);
  expect([...wins.keys()]).toEqual(sides);
  expect([...wins.values()].every((won) => won > 0)).toBe(true);
}

test('a cancellation against a finish: one terminal event, and each caller is told what the row says', async () => {
  await contestOf(['cancel', 'finish'], async () => {
    const id = await runningTask(left);
    const [asked, ended] = await raced(
      (c) => cancel(c, id),
      (c) => finish(c, id),
    );
    const { status } = await taskRow(left, id);
    expect(await faultOf(left, id)).toBeNull();
    expect([asked.outcome, ended.outcome, status]).toEqual(
      ended.outcome === 'finished' ? ['terminal', 'finished', 'succeeded'] : ['cancelling', 'cancelled', 'cancelled'],
    );
    return status === 'cancelled' ? 'cancel' : 'finish';
  });
});

test('a claim against a claim: one gets the task, at attempt 1', async () => {
  await contestOf(['left claim', 'right claim'], async () => {
    const id = await newTask(left);
    const [one, other] = await raced(
      (c) => claim(c, id),
      (c) => claim(c, id),
    );
    expect([one, other].map(({ outcome }) => outcome).sort()).toEqual(['claimed', 'refused']);
    expect((await taskRow(left, id)).attempt).toBe(1);
    expect(await faultOf(left, id)).toBeNull();
    return one.outcome === 'claimed' ? 'left claim' : 'right claim';
  });
});

test('a batch against the release of its run and the next claim: taken before, refused after', async () => {
  await contestOf(['batch', 'take-over'], async () => {
    const id = await runningTask(left);
    const told = randomUUID();
    const [late] = await raced(
      (c) => batch(c, entry(id, { events: [{ id: told, eventType: 'info', message: 'told' }] })),
      async (c) => {
        await release(c, id);
        return claim(c, id, { workerId: 'worker-2' });
      },
    );
    const taken = late.answers?.[id] === 'ok';
    const row = await taskRow(left, id);
    expect([row.attempt, row.worker_id]).toEqual([2, 'worker-2']);
    expect((await eventRows(left, id)).some((event) => event.id === told)).toBe(taken);
    expect(await faultOf(left, id)).toBeNull();
    return taken ? 'batch' : 'take-over';
  });
});

test('an attempt that was taken over changes nothing, whatever it tries while the next one is claimed', async () => {
  const storyId = await newStory(left);
  for (let n = 0; n < rounds; n += 1) {
    const id = await runningTask(left);
    await release(left, id);
    const [late, claimed] = await raced(
      async (c) => [
        (await batch(c, entry(id, { inputTokens: 9 }))).answers?.[id],
        (await finish(c, id)).outcome,
        (await release(c, id)).outcome,
        (
          await call(c, 'update_story_task', {
            taskId: id,
            attempt: 1,
            eventId: randomUUID(),
            patch: { status: 'failed' },
          })
        ).outcome,
        (await call(c, 'save_story_work', { taskId: id, attempt: 1, storyId, kind: 'bundle_path', path: 'late' }))
          .outcome,
      ],
      (c) => claim(c, id),
    );
    expect(late).toEqual(Array(5).fill('stale'));
    const { updated_at: _, ...row } = (await taskRow(left, id)) as unknown as Record<string, unknown>;
    expect(row).toEqual({ ...taskIn(claimed), updated_at: undefined });
    expect((await eventRows(left, id)).map(({ status }) => status)).toEqual(['queued', 'running', 'queued', 'running']);
  }
  const { rows } = await left.query('select bundle_path from public.stories where id = $1', [storyId]);
  expect(one(rows)).toEqual({ bundle_path: null });
});

test('batches of the same tasks in opposite orders: no deadlock, no gap', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 6; n += 1) ids.push(await runningTask(left));
  let lastSeq = 2;
  await contestOf(['forward', 'backward'], async () => {
    const [ahead, back] = await raced(
      (c) => batch(c, ...ids.map((id) => entry(id, { events: [eventOf('forward')] }))),
      (c) => batch(c, ...ids.toReversed().map((id) => entry(id, { events: [eventOf('backward')] }))),
    );
    expect(Object.values({ ...ahead.answers, ...back.answers })).toEqual(ids.map(() => 'ok'));
    const order = await firstMessages(lastSeq + 1);
    lastSeq += 2;
    return order.join();
  });
  for (const id of ids) expect(await faultOf(left, id)).toBeNull();
});

/** The distinct messages that the tasks have at one seq: one, when a batch is never between another's tasks. */
async function firstMessages(seq: number): Promise<string[]> {
  const { rows } = await left.query<{ message: string }>(
    "select distinct message from public.story_task_events where seq = $1 and message in ('forward', 'backward')",
    [seq],
  );
  return rows.map(({ message }) => message);
}

const eventOf = (message: string) => ({ id: randomUUID(), eventType: 'info', message });

test('creates with one idempotency key from many connections: one task, and another body is a conflict', async () => {
  for (let n = 0; n < rounds; n += 1) {
    const request = { operation: 'RUN_WORKFLOW_TASK', idempotencyKey: `key-${n}`, requester: 'sa:races/test' };
    const made = await Promise.all(
      clients.map((client, index) =>
        call(client, 'create_story_task', {
          ...request,
          id: randomUUID(),
          eventId: randomUUID(),
          requestHash: index === 7 && n % 2 === 0 ? 'another body' : 'a body',
        }),
      ),
    );
    const outcomes = made.map(({ outcome }) => outcome);
    const winner = outcomes.indexOf('created');
    const others = outcomes.filter((_, index) => index !== winner);
    const sameBody = (index: number) => (index === 7 && n % 2 === 0) === (winner === 7 && n % 2 === 0);
    const wanted = outcomes.map((_, index) => (sameBody(index) ? 'repeat' : 'conflict')).toSpliced(winner, 1);
    expect(others).toEqual(wanted);
    expect(new Set(made.map((answer) => taskIn(answer).id)).size).toBe(1);
  }
  const { rows } = await left.query("select count(*)::int from public.story_tasks where requester = 'sa:races/test'");
  expect(one(rows)).toEqual({ count: rounds });
});
