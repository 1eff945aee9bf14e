/** Counts that move with their position: whoever comes late or again changes nothing. */
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { call, type Request } from './calls.ts';
import { type PostgresServer, startPostgres } from './harness.ts';
import { contest } from './locks.ts';

let server: PostgresServer;
let client: pg.Client;
let other: pg.Client;
let observer: pg.Client;

beforeAll(async () => {
  server = await startPostgres();
  [client, other, observer] = await Promise.all([server.connect(), server.connect(), server.connect('postgres')]);
});
beforeEach(async () => {
  await client.query('delete from public.story_task_throughput');
  await client.query('delete from public.story_task_throughput_positions');
});
afterAll(async () => {
  await Promise.all([client, other, observer].map((connection) => connection.end()));
  await server.stop();
});

const operation = 'RUN_WORKFLOW_TASK';
/** The minutes of this test, each written as its distance from the first. */
const base = 29_000_000;
const count = (minute: number, event: string, number: number) => ({ minute: base + minute, event, count: number });
const range = (from: number, to: number) => ({ from: base + from, to: base + to });

const write = (expected: string | null, position: string, request: Request = {}): Request => ({
  lane: `story-task-jobs.${operation}`,
  operation,
  expected,
  position,
  counts: [count(0, 'succeeded', 1)],
  incomplete: [],
  ...request,
});
const record = (by: pg.Client, request: Request) => call(by, 'record_story_task_throughput', request);

/** Each row as `minute event count`, with an asterisk when it is incomplete. */
async function rows(of = operation): Promise<string[]> {
  const { rows: found } = await client.query<{ told: string }>(
    `select concat(extract(epoch from minute)::bigint / 60 - ${base}, ' ', event, ' ', count, case when incomplete then '*' end)
       as told
     from public.story_task_throughput where operation = $1 order by minute, event`,
    [of],
  );
  return found.map(({ told }) => told);
}

test('counts of a minute add up while the position moves', async () => {
  expect(await record(client, write(null, '1-0'))).toEqual({ outcome: 'recorded', position: '1-0' });
  const more = [count(0, 'succeeded', 2), count(0, 'failed', 1), count(3, 'succeeded', 5)];
  expect(await record(client, write('1-0', '2-0', { counts: more }))).toEqual({ outcome: 'recorded', position: '2-0' });
  expect(await rows()).toEqual(['0 failed 1', '0 succeeded 3', '3 succeeded 5']);
});

test('a repeat is answered as the first time, and counts nothing', async () => {
  for (const request of [write(null, '1-0'), write('1-0', '2-0')]) {
    const first = await record(client, request);
    expect(await record(client, request)).toEqual(first);
  }
  expect(await rows()).toEqual(['0 succeeded 2']);
});

test('a caller whose position is not the one that stands is told which one does, and counts nothing', async () => {
  await record(client, write(null, '5-0'));
  for (const expected of [null, '4-0', '6-0']) {
    expect(await record(client, write(expected, '9-0'))).toEqual({ outcome: 'moved', position: '5-0' });
  }
  expect(await rows()).toEqual(['0 succeeded 1']);
});

test.each([null, '1-0'])(
  'of two forwarders at one position (%s) the second waits, and counts nothing',
  async (expected) => {
    if (expected !== null) await record(client, write(null, expected, { counts: [] }));
    const [first, second] = await contest({
      holder: client,
      waiter: other,
      observer,
      first: (c) => record(c, write(expected, '2-0')),
      second: (c) => record(c, write(expected, '3-0', { counts: [count(0, 'succeeded', 2)] })),
    });
    expect([first, second]).toEqual([
      { outcome: 'recorded', position: '2-0' },
      { outcome: 'moved', position: '2-0' },
    ]);
    expect(await rows()).toEqual(['0 succeeded 1']);
  },
);

test('when the first one’s transaction is undone, the second one counts', async () => {
  await record(client, write(null, '1-0', { counts: [] }));
  const [, second] = await contest({
    holder: client,
    waiter: other,
    observer,
    first: (c) => record(c, write('1-0', '2-0')),
    second: (c) => record(c, write('1-0', '3-0', { counts: [count(0, 'succeeded', 2)] })),
    end: 'rollback',
  });
  expect(second).toEqual({ outcome: 'recorded', position: '3-0' });
  expect(await rows()).toEqual(['0 succeeded 2']);
});

test('marked minutes have a row, whatever was counted in them before, with it or after', async () => {
  await record(client, write(null, '1-0', { counts: [count(0, 'added', 1), count(1, 'added', 1)] }));
  const marking = { incomplete: [range(1, 3)], counts: [count(3, 'added', 4), count(4, 'added', 1)] };
  await record(client, write('1-0', '2-0', marking));
  await record(client, write('2-0', '3-0', { counts: [count(2, 'failed', 1), count(3, 'added', 1)] }));
  expect(await rows()).toEqual([
    '0 added 1',
    '1 added 1*',
    '1 gap 0*',
    '2 failed 1*',
    '2 gap 0*',
    '3 added 5*',
    '3 gap 0*',
    '4 added 1',
  ]);
});

test('ranges that overlap are marked once, and other operations not at all', async () => {
  const apart = { lane: 'other', operation: 'BUILD_PLAYER_BUNDLE', counts: [count(1, 'added', 1)] };
  await record(client, write(null, '1-0', apart));
  await record(client, write(null, '1-0', { counts: [], incomplete: [range(0, 2), range(1, 3)] }));
  expect(await rows()).toEqual(['0 gap 0*', '1 gap 0*', '2 gap 0*', '3 gap 0*']);
  expect(await rows('BUILD_PLAYER_BUNDLE')).toEqual(['1 added 1']);
});

test('31 days are marked in one call', async () => {
  await record(client, write(null, '1-0', { counts: [], incomplete: [range(0, 31 * 24 * 60)] }));
  expect(await rows()).toHaveLength(31 * 24 * 60 + 1);
});
