/** R8: however many claim at once, no more than the limit run with a live lease. */
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batch, claim, entry, finish, newTask, one } from './calls.ts';
import { type PostgresServer, startPostgres } from './harness.ts';

const rounds = 200;
const limit = 3;
const operation = 'BUILD_PLAYER_BUNDLE';

let server: PostgresServer;
let claimers: pg.Client[];
let sampler: pg.Client;

beforeAll(async () => {
  server = await startPostgres();
  claimers = await Promise.all(Array.from({ length: 8 }, () => server.connect()));
  sampler = await server.connect();
});
afterAll(async () => {
  await Promise.all([...claimers, sampler].map((client) => client.end()));
  await server.stop();
});

async function liveRuns(): Promise<number> {
  const { rows } = await sampler.query<{ live: number }>(
    `select count(*)::int as live from public.story_tasks
     where operation = $1 and status = 'running' and lease_expires_at > clock_timestamp()`,
    [operation],
  );
  return one(rows).live;
}

/** Looks without a pause until the work is done. @returns the most that was seen, and how often it was looked */
async function watched<T>(work: Promise<T>): Promise<{ most: number; looks: number; result: T }> {
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  let [most, looks] = [0, 0];
  for (; !done; looks += 1) most = Math.max(most, await liveRuns());
  return { most, looks, result: await ended };
}

async function newTasks(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push(await newTask(sampler, { operation }));
  return ids;
}

test('eight connections that claim ten tasks at once get the limit and no more', async () => {
  let looked = 0;
  for (let round = 0; round < rounds; round += 1) {
    const ids = await newTasks(10);
    const claimAll = claimers.map(async (client, index) => {
      const answers = [];
      for (let n = 0; n < ids.length; n += 1) {
        const id = ids[(n + index) % ids.length] ?? '';
        answers.push(await claim(client, id, { globalLimit: limit }));
      }
      return answers;
    });
    const { most, looks, result } = await watched(Promise.all(claimAll));
    looked += looks;
    const claimed = result.flat().filter(({ outcome }) => outcome === 'claimed');
    expect([most <= limit, claimed.length, await liveRuns()]).toEqual([true, limit, limit]);
    for (const { task } of claimed) await finish(sampler, task?.id ?? '');
  }
  console.log(`limits: never more than ${limit} in ${looked} looks over ${rounds} rounds`);
});

test('the limit holds while runs end and others take their place, and every task gets its turn', async () => {
  const waiting = await newTasks(120);
  let refusals = 0;
  const work = async (client: pg.Client) => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const answer = await claim(client, id, { globalLimit: limit });
      if (answer.outcome === 'claimed') {
        expect((await finish(client, id)).outcome).toBe('finished');
      } else {
        expect(answer.reason).toBe('limit');
        refusals += 1;
        waiting.unshift(id);
      }
    }
  };
  const { most, looks } = await watched(Promise.all(claimers.map(work)));
  console.log(`limits: at most ${most} of ${limit} in ${looks} looks, ${refusals} claims refused`);
  expect(most).toBe(limit);
  const { rows } = await sampler.query(
    `select count(*)::int as count from public.story_tasks where operation = $1 and status = 'succeeded'`,
    [operation],
  );
  expect(one(rows)).toEqual({ count: 120 + rounds * limit });
});

test('a run whose lease ran out leaves its place, and can no longer extend it', async () => {
  const [lost, next] = (await newTasks(2)) as [string, string];
  await claim(sampler, lost, { globalLimit: 1, leaseMs: 0 });
  expect((await claim(sampler, next, { globalLimit: 1 })).outcome).toBe('claimed');
  expect((await batch(sampler, entry(lost))).answers).toEqual({ [lost]: 'stale' });
  expect(await liveRuns()).toBe(1);
});
