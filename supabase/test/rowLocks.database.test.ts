/** That a lock decides, and not luck: the loser of each race is seen waiting, and answers by what the winner committed. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  batch,
  call,
  cancel,
  claim,
  claimRequest,
  entry,
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
import { type Contest, contest, until } from './locks.ts';
import { waitLimits } from './timeouts.ts';

let server: PostgresServer;
let holder: pg.Client;
let waiter: pg.Client;
let observer: pg.Client;

beforeAll(async () => {
  server = await startPostgres();
  [holder, waiter, observer] = [await server.connect(), await server.connect(), await server.connect('postgres')];
});
afterAll(async () => {
  await Promise.all([holder, waiter, observer].map((client) => client.end()));
  await server.stop();
});

const between = <A, B>(of: Pick<Contest<A, B>, 'first' | 'second' | 'end'>) =>
  contest({ holder, waiter, observer, ...of });

test('a finish that waits for a cancellation ends as cancelled', async () => {
  const id = await runningTask(holder);
  const [asked, ended] = await between({ first: (c) => cancel(c, id), second: (c) => finish(c, id) });
  expect([asked.outcome, ended.outcome, ended.task?.status]).toEqual(['cancelling', 'cancelled', 'cancelled']);
  expect(await faultOf(observer, id)).toBeNull();
});

test('a cancellation that waits for a finish is told that it came too late', async () => {
  const id = await runningTask(holder);
  const [ended, asked] = await between({ first: (c) => finish(c, id), second: (c) => cancel(c, id) });
  expect([ended.outcome, asked.outcome, asked.task?.status]).toEqual(['finished', 'terminal', 'succeeded']);
  expect(await faultOf(observer, id)).toBeNull();
});

test('a cancellation wins after all when the finish before it is rolled back', async () => {
  const id = await runningTask(holder);
  const [, asked] = await between({ first: (c) => finish(c, id), second: (c) => cancel(c, id), end: 'rollback' });
  expect([asked.outcome, asked.task?.status]).toEqual(['cancelling', 'running']);
});

test('a claim that waits for another finds the task running', async () => {
  const id = await newTask(holder);
  const [won, lost] = await between({ first: (c) => claim(c, id), second: (c) => claim(c, id) });
  expect([won.outcome, lost.outcome, lost.reason]).toEqual(['claimed', 'refused', 'running']);
  expect((await taskRow(observer, id)).attempt).toBe(1);
});

test('a repeated claim that waits for its first try gets the same attempt', async () => {
  const request = claimRequest(await newTask(holder));
  const claimOnce = (c: pg.Client) => call(c, 'claim_story_task', request);
  const [first, repeat] = await between({ first: claimOnce, second: claimOnce });
  expect([first.task?.attempt, repeat.outcome, repeat.task?.attempt]).toEqual([1, 'claimed', 1]);
});

test('a batch that waits for the claim of a later attempt is stale', async () => {
  const id = await runningTask(holder);
  const takeOver = async (c: pg.Client) => {
    await release(c, id);
    return claim(c, id);
  };
  const [, late] = await between({ first: takeOver, second: (c) => batch(c, entry(id)) });
  expect(late.answers).toEqual({ [id]: 'stale' });
});

test('work that waits for the release of its run is refused', async () => {
  const [id, storyId] = [await runningTask(holder), await newStory(holder)];
  const work = { taskId: id, attempt: 1, storyId, kind: 'constitution', document: { theme: 'late' } };
  const [, late] = await between({
    first: (c) => release(c, id),
    second: (c) => call(c, 'save_story_work', work),
  });
  expect(late.outcome).toBe('stale');
  const { rows } = await observer.query('select constitution from public.stories where id = $1', [storyId]);
  expect(one(rows)).toEqual({ constitution: null });
});

test('a batch of the same tasks in the opposite order waits instead of deadlocking', async () => {
  const ids = [await runningTask(holder), await runningTask(holder), await runningTask(holder)];
  const entries = ids.map((id) => entry(id));
  const [first, second] = await between({
    first: (c) => batch(c, ...entries),
    second: (c) => batch(c, ...ids.toReversed().map((id) => entry(id))),
  });
  for (const id of ids) {
    expect([first.answers?.[id], second.answers?.[id]]).toEqual(['ok', 'ok']);
    expect(await faultOf(observer, id)).toBeNull();
  }
});

const keyed = (key: string): Request => ({
  id: randomUUID(),
  eventId: randomUUID(),
  operation: 'RUN_WORKFLOW_TASK',
  idempotencyKey: key,
  requestHash: 'hash',
});

test('a create that waits for one with its key repeats it, or takes its place when it is rolled back', async () => {
  for (const [end, outcome] of [
    ['commit', 'repeat'],
    ['rollback', 'created'],
  ] as const) {
    const key = randomUUID();
    const create = (c: pg.Client) => call(c, 'create_story_task', keyed(key));
    const [first, second] = await between({ first: create, second: create, end });
    expect(second.outcome).toBe(outcome);
    expect(second.task?.id === first.task?.id).toBe(end === 'commit');
  }
});

test('a create that waits for the key of a task whose enqueue failed gets it', async () => {
  const key = randomUUID();
  const taskId = await newTask(holder, keyed(key));
  const [, again] = await between({
    first: (c) => call(c, 'fail_story_task_enqueue', { taskId, eventId: randomUUID(), message: 'no queue' }),
    second: (c) => call(c, 'create_story_task', keyed(key)),
  });
  expect(again.outcome).toBe('created');
  expect(again.task?.id).not.toBe(taskId);
});

test('a claim of another task waits until the lane is counted, and is refused above the limit', async () => {
  const operation = 'BUILD_PLAYER_BUNDLE';
  const [one, other] = [await newTask(holder, { operation }), await newTask(holder, { operation })];
  const [won, lost] = await between({
    first: (c) => claim(c, one, { globalLimit: 1 }),
    second: (c) => claim(c, other, { globalLimit: 1 }),
  });
  expect([won.outcome, lost.outcome, lost.reason]).toEqual(['claimed', 'refused', 'limit']);
});

test('a run whose lease is being extended counts against the limit although its row still looks expired', async () => {
  const operation = 'REGENERATE_CONSTITUTION';
  const running = await runningTask(holder, { operation }, { leaseMs: 300 });
  const next = await newTask(holder, { operation });
  await holder.query('begin');
  expect((await batch(holder, entry(running))).answers).toEqual({ [running]: 'ok' });
  await until('the old lease runs out', waitLimits.leaseExpired, async () => {
    const { rows } = await observer.query<{ expired: boolean }>(
      'select lease_expires_at < clock_timestamp() as expired from public.story_tasks where id = $1',
      [running],
    );
    return one(rows).expired;
  });
  const refused = await claim(waiter, next, { globalLimit: 1 });
  await holder.query('commit');
  expect([refused.outcome, refused.reason]).toEqual(['refused', 'limit']);
});
