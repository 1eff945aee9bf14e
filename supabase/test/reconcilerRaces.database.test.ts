/** A lease that runs out against what its run does at that moment: whoever is first, the answers agree with the row. */

import { seeded } from '@story-tasks/contracts/test';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batch, cancel, claim, entry, faultOf, finish, one, runningTask, taskRow } from './calls.ts';
import { type PostgresServer, startPostgres } from './harness.ts';
import { contest, until } from './locks.ts';
import { mend } from './reconcilerCalls.ts';
import { waitLimits } from './timeouts.ts';

const rounds = 100;
const random = seeded(20_261_104);

let server: PostgresServer;
let left: pg.Client;
let right: pg.Client;
let observer: pg.Client;

beforeAll(async () => {
  server = await startPostgres();
  [left, right, observer] = [await server.connect(), await server.connect(), await server.connect('postgres')];
});
afterAll(async () => {
  await Promise.all([left, right, observer].map((client) => client.end()));
  await server.stop();
});

async function afterTrips<T>(client: pg.Client, act: (client: pg.Client) => Promise<T>): Promise<T> {
  for (let trips = Math.floor(random() * 6); trips > 0; trips -= 1) await client.query('select 1');
  return act(client);
}

const mended = async (client: pg.Client, taskId: string) =>
  (await mend(client)).find(({ task }) => task.id === taskId)?.action ?? 'left alone';

/** Mends while the run acts. @returns what the mending did, and what the run was answered */
async function raced(taskId: string, act: (client: pg.Client) => Promise<string>): Promise<[string, string]> {
  const results = await Promise.all([afterTrips(left, (c) => mended(c, taskId)), afterTrips(right, act)]);
  expect(await faultOf(observer, taskId)).toBeNull();
  return results;
}

/** Runs the rounds and tells how often each result came. */
async function resultsOf(round: () => Promise<string>): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let n = 0; n < rounds; n += 1) {
    const result = await round();
    counts.set(result, (counts.get(result) ?? 0) + 1);
  }
  console.log(`races: ${[...counts].map(([result, count]) => `${result} ${count}`).join(', ')} of ${rounds}`);
  return counts;
}

test('a lease that runs out against a heartbeat: extended and left alone, or mended and the heartbeat refused', async () => {
  const results = await resultsOf(async () => {
    const id = await runningTask(left, {}, { leaseMs: 1 + Math.floor(random() * 3) });
    const [action, answer] = await raced(id, async (c) => (await batch(c, entry(id))).answers?.[id] ?? 'none');
    const { status } = await taskRow(observer, id);
    // Neither: the mending came before the lease ran out, or passed over the row that the heartbeat held.
    expect([action, answer, status]).toBeOneOf([
      ['left alone', 'ok', 'running'],
      ['requeued', 'stale', 'queued'],
      ['left alone', 'stale', 'running'],
    ]);
    if (status === 'running') await finish(left, id);
    return `${action}/${answer}`;
  });
  expect([results.get('left alone/ok'), results.get('requeued/stale')]).not.toContain(undefined);
});

test('a lease that ran out against the finish of its run: finished, or mended and the finish refused', async () => {
  const results = await resultsOf(async () => {
    const id = await runningTask(left, {}, { leaseMs: 0 });
    const [action, answer] = await raced(id, async (c) => (await finish(c, id)).outcome);
    const { status } = await taskRow(observer, id);
    expect([action, answer, status]).toBeOneOf([
      ['left alone', 'finished', 'succeeded'],
      ['requeued', 'stale', 'queued'],
    ]);
    return action;
  });
  expect(results.size).toBe(2);
});

test('a lease that ran out against a cancellation: cancelled either way, with one end', async () => {
  const results = await resultsOf(async () => {
    const id = await runningTask(left, {}, { leaseMs: 0 });
    const [action, answer] = await raced(id, async (c) => (await cancel(c, id)).outcome);
    expect([action, answer]).toBeOneOf([
      ['cancelled', 'cancelling'],
      ['requeued', 'cancelled'],
      // Passed over: the cancellation held the row. The next look ends it.
      ['left alone', 'cancelling'],
    ]);
    await mend(left);
    expect((await taskRow(observer, id)).status).toBe('cancelled');
    expect(await faultOf(observer, id)).toBeNull();
    return action;
  });
  expect([results.get('cancelled'), results.get('requeued')]).not.toContain(undefined);
});

test('two reconcilers at once mend each lost run once', async () => {
  for (let n = 0; n < rounds; n += 1) {
    const ids: string[] = [];
    for (let made = 0; made < 3; made += 1) ids.push(await runningTask(left, {}, { leaseMs: 0 }));
    const both = (await Promise.all([left, right].map((c) => afterTrips(c, (client) => mend(client))))).flat();
    // What one had locked while the other looked is the first one's; nothing is left for a third look.
    expect(both.map(({ task }) => task.id).sort()).toEqual(ids.sort());
  }
});

test('a row that somebody has locked is passed over without waiting, and the others are mended', async () => {
  const extending = await runningTask(left, {}, { leaseMs: 300 });
  const lost = await runningTask(left, {}, { leaseMs: 0 });
  await right.query('begin');
  expect((await batch(right, entry(extending))).answers).toEqual({ [extending]: 'ok' });
  await until('the old lease runs out', waitLimits.leaseExpired, async () => {
    const { rows } = await observer.query<{ expired: boolean }>(
      'select lease_expires_at < clock_timestamp() as expired from public.story_tasks where id = $1',
      [extending],
    );
    return one(rows).expired;
  });
  await left.query("set lock_timeout = '1ms'");
  expect((await mend(left)).map(({ task }) => task.id)).toEqual([lost]);
  await left.query('reset lock_timeout');
  await right.query('commit');
  expect(await mend(left)).toEqual([]);
  expect(await taskRow(observer, extending)).toMatchObject({ status: 'running', losses_since_progress: 0 });
});

test('a claim of a task whose loss is being mended waits for it, and then takes the next attempt', async () => {
  const id = await runningTask(left, {}, { leaseMs: 0 });
  const [action, claimed] = await contest({
    holder: left,
    waiter: right,
    observer,
    first: (c) => mended(c, id),
    second: (c) => claim(c, id),
  });
  expect(action).toBe('requeued');
  expect(claimed).toMatchObject({ outcome: 'claimed', task: { attempt: 2 } });
});
