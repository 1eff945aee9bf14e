import { stripVTControlCharacters } from 'node:util';
import type { Task } from '@story-tasks/contracts';
import { fakeHost } from '@story-tasks/contracts/test';
import { expect, test } from 'vitest';
import { createClient } from '../client.ts';
import { answer, closedUrl, problem, type Step, scriptedApi, taskOf } from '../testing/scriptedApi.ts';
import { readLanes } from './lanes.ts';
import { runCli } from './program.ts';

const now = Date.parse('2026-11-22T06:00:00.000Z');
const windowMs = 5 * 60_000;
const before = (ms: number) => new Date(now - ms).toISOString();
const reading = { windowMs, now, signal: new AbortController().signal };

/** Serves, for each status of BUILD_PLAYER_BUNDLE, these tasks in pages of 100; other lanes are empty. */
function lanes(tasks: Partial<Record<string, readonly Partial<Task>[]>>): Step {
  return (response, { path }) => {
    const query = new URL(path, 'http://x').searchParams;
    const status = query.get('status') as Task['status'];
    const all = query.get('operation') === 'BUILD_PLAYER_BUNDLE' ? (tasks[status] ?? []) : [];
    const from = Number(query.get('cursor') ?? 0);
    const page = all.slice(from, from + 100).map((changes) => ({ ...taskOf(status), ...changes }));
    const nextCursor = from + 100 < all.length ? String(from + 100) : null;
    return answer(200, { tasks: page, nextCursor })(response, { path } as never);
  };
}

const many = (count: number, changes: Partial<Task>) => Array(count).fill(changes) as Partial<Task>[];

async function lane(tasks: Parameters<typeof lanes>[0]) {
  await using api = await scriptedApi(lanes(tasks));
  const found = await readLanes(createClient(api), reading);
  return { lane: found.find(({ operation }) => operation === 'BUILD_PLAYER_BUNDLE'), requests: api.seen.length };
}

test('a lane counts what waits, what is held, what runs and what ended within the window', async () => {
  const found = await lane({
    queued: [{ updatedAt: before(9_000) }, { updatedAt: before(61_000) }, { held: true, updatedAt: before(999_000) }],
    running: many(2, {}),
    succeeded: [{ finishedAt: before(1_000) }, { finishedAt: before(windowMs + 1) }],
    failed: [{ finishedAt: before(windowMs) }],
  });
  expect(found.lane).toEqual({
    operation: 'BUILD_PLAYER_BUNDLE',
    queued: { count: 2, more: false },
    held: { count: 1, more: false },
    running: { count: 2, more: false },
    succeeded: { count: 1, more: false },
    failed: { count: 1, more: false },
    cancelled: { count: 0, more: false },
    oldestMs: 61_000,
  });
});

test('a lane with a very long queue costs no more than its bound, and says at least how much there is', async () => {
  const found = await lane({
    queued: many(5_000, { updatedAt: before(1_000) }),
    succeeded: many(300, { createdAt: before(1_000), finishedAt: before(500) }),
    failed: many(300, { createdAt: before(windowMs * 2), finishedAt: before(500) }),
  });
  expect(found.lane).toMatchObject({
    queued: { count: 500, more: true },
    succeeded: { count: 100, more: true },
    failed: { count: 100, more: false },
  });
  // Three lanes of five statuses, and four more pages of the long queue.
  expect(found.requests).toBe(19);
});

test('--once shows the table and ends', async () => {
  await using api = await scriptedApi(lanes({ queued: many(501, { updatedAt: new Date().toISOString() }) }));
  const host = fakeHost({ env: { STORY_TASKS_URL: api.url } });
  expect(await runCli(['top', '--once'], host)).toBe(0);
  const [heading, ...rows] = host.written('stdout').trimEnd().split('\n');
  expect(heading).toBe('OPERATION                QUEUED  HELD  RUNNING  DONE 5 min  FAILED  CANCELLED  OLDEST QUEUED');
  expect(rows).toHaveLength(3);
  expect(rows[2]).toMatch(/^BUILD_PLAYER_BUNDLE {6}500\+ {4}0\+ {4}0 {8}0 {11}0 {7}0 {10}> 0:0\d$/);
});

test('without a terminal each look is a line for each lane, until Ctrl-C', async () => {
  await using api = await scriptedApi(lanes({ running: many(3, {}) }));
  const host = fakeHost({ env: { STORY_TASKS_URL: api.url } });
  const ended = runCli(['top', '--interval', '1'], host);
  await expect.poll(() => host.written('stdout').match(/running=3/g)?.length, { timeout: 5_000 }).toBe(2);
  host.signals.emit('SIGINT');
  expect([await ended, host.written('stderr')]).toEqual([0, '']);
  const line =
    /^\d\d:\d\d:\d\dZ {2}BUILD_PLAYER_BUNDLE {2}queued=0 held=0 running=3 done=0 failed=0 cancelled=0 oldest=–$/m;
  expect(host.written('stdout')).toMatch(line);
});

test('a terminal’s table stays while the API is away, says so, and goes on', async () => {
  const sound = lanes({ running: many(3, {}) });
  let away = false;
  await using api = await scriptedApi((response, request) =>
    (away ? problem(500, 'INTERNAL') : sound)(response, request),
  );
  const host = fakeHost({ env: { STORY_TASKS_URL: api.url }, columns: 120 });
  const ended = runCli(['top', '--interval', '1'], host);
  const drawn = () => stripVTControlCharacters(host.written('stdout'));
  await expect.poll(drawn).toContain('Ctrl-C ends this.');
  away = true;
  await expect.poll(drawn, { timeout: 5_000 }).toContain('In words. What is shown may be old.');
  away = false;
  await expect.poll(() => drawn().match(/Ctrl-C ends this/g)?.length, { timeout: 5_000 }).toBeGreaterThan(1);
  host.signals.emit('SIGTERM');
  expect([await ended, host.written('stderr')]).toEqual([0, '']);
});

test('an API that is away from the start ends the command', async () => {
  const host = fakeHost({ env: { STORY_TASKS_URL: await closedUrl() } });
  expect(await runCli(['top'], host)).toBe(3);
  expect(host.written('stderr')).toContain('[API_UNREACHABLE]');
});
