/** A worker that is frozen, blocked or cut off: it says so, or heals itself, and takes tasks again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RedisServer, type SilentProxy, startRedis, startSilentProxy } from '@story-tasks/runtime/test';
import { type LiteServer, startLite } from '@story-tasks/supabase/lite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blockEventLoop, inspectable } from './inspector.ts';
import { type Calls, callsTo, type Part, type Parts, prepareParts, probe, probeUntil } from './parts.ts';

const leaseMs = 3_000;
/** Two thirds of the lease, and more than a tick of the watch. */
const stallMs = 4_000;
/** How long a stall is told, and a margin. */
const greenAgainMs = 20_000;
/** A dead connection is used for 12 s, and is tried again within two. */
const healedMs = 30_000;

let dir: string;
let redis: RedisServer;
let proxy: SilentProxy;
let lite: LiteServer;
let parts: Parts;
let calls: Calls;
let api: Part;
let worker: Part;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'story-tasks-liveness-'));
  [redis, lite] = await Promise.all([startRedis(), startLite({ dir })]);
  proxy = await startSilentProxy(redis.port);
  parts = await prepareParts({ REDIS_URL: redis.url, SUPABASE_URL: lite.url, SUPABASE_SECRET_KEY: lite.secretKey });
  api = await parts.start('api', {});
  const own = {
    REDIS_URL: `redis://127.0.0.1:${proxy.port}`,
    LEASE_SECONDS: `${leaseMs / 1_000}`,
    LLM_PROVIDER: 'offline',
  };
  worker = await parts.start('worker', own, inspectable);
  for (const part of [api, worker]) await probeUntil(`${part.opsUrl}/readyz`, 15_000, ({ status }) => status === 200);
  calls = callsTo(api);
});
afterAll(async () => {
  await parts.stop();
  await proxy.stop();
  await Promise.all([redis.stop(), lite.stop()]);
  await rm(dir, { recursive: true, force: true });
});

const healthz = () => probe(`${worker.opsUrl}/healthz`);
const newTask = async () => calls.task(await calls.story(), 'REGENERATE_CONSTITUTION');

/** @returns how long that took, in milliseconds */
async function expectTaken(taskId: string, limitMs: number): Promise<number> {
  const startedAt = performance.now();
  await expect.poll(() => calls.status(taskId), { timeout: limitMs, interval: 100 }).toBe('succeeded');
  return Math.round(performance.now() - startedAt);
}

/** Asks until the worker has not answered for so long. */
async function unansweredFor(milliseconds: number): Promise<void> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < milliseconds) expect((await healthz()).status).toBe(0);
}

async function expectStallTold(): Promise<void> {
  const { status, body } = await healthz();
  expect({ status, ok: body['ok'] }).toEqual({ status: 503, ok: false });
  expect(body['stalledMs']).toBeGreaterThan(leaseMs * (2 / 3));
  console.log(`the event loop stood still; the worker tells of ${body['stalledMs']} ms`);
  expect((await probe(`${worker.opsUrl}/readyz`)).status).toBe(200);
}

test('a worker that was frozen does not answer, says so when it wakes, and goes on', async () => {
  worker.freeze();
  await unansweredFor(stallMs);
  worker.thaw();
  await expectStallTold();
  await expectTaken(await newTask(), 10_000);
});

test('a worker whose event loop was blocked says so, and is alive again a while after', async () => {
  const blocked = blockEventLoop(worker, stallMs);
  await probeUntil(`${worker.opsUrl}/healthz`, stallMs, ({ status }) => status === 0);
  await blocked;
  await expectStallTold();
  await probeUntil(`${worker.opsUrl}/healthz`, greenAgainMs, ({ status }) => status === 200);
});

/** @returns what the health was while the work was done, each answer once */
async function healthDuring(work: Promise<unknown>): Promise<number[]> {
  const answers = new Set<number>();
  let over = false;
  const watched = work.finally(() => {
    over = true;
  });
  while (!over) answers.add((await healthz()).status);
  await watched;
  return [...answers];
}

test('connections that die without a word are found out: tasks are taken again, and the worker was alive all the time', async () => {
  proxy.swallowOpen();
  const taken = expectTaken(await newTask(), healedMs);
  expect(await healthDuring(taken)).toEqual([200]);
  console.log(`dead connections: a task was taken and done after ${await taken} ms`);
});

test('with Redis frozen the worker is alive and answers, and takes tasks when it wakes', async () => {
  const outages = async () => (await worker.log()).match(/"use":"blocking","msg":"Redis is away"/g)?.length ?? 0;
  const before = await outages();
  redis.freeze();
  const given = expect.poll(outages, { timeout: healedMs }).toBe(before + 1);
  expect(await healthDuring(given)).toEqual([200]);
  const { milliseconds, body } = await healthz();
  expect(body['lanes']).toBeNull();
  expect(milliseconds).toBeLessThan(1_000);
  redis.thaw();
  await probeUntil(`${api.opsUrl}/readyz`, healedMs, ({ status }) => status === 200);
  console.log(`Redis frozen: a task was done ${await expectTaken(await newTask(), healedMs)} ms after it woke`);
});
