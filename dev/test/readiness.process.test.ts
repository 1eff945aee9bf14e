/** Readiness with Redis and the store really taken away: stopped, frozen, full. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RedisServer, startRedis } from '@story-tasks/runtime/test';
import { type LiteServer, startLite } from '@story-tasks/supabase/lite';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Part, type Parts, prepareParts, probe, probeUntil } from './parts.ts';

/** From the fault to the red answer: what a call under way may take, and the time for the next probe. */
const redWithinMs = 5_000;
/** From its end to the green one: connections are tried again every two seconds at most, and may have to be given up first. */
const greenWithinMs = 10_000;

let dir: string;
let redis: RedisServer;
let lite: LiteServer;
let parts: Parts;
let following: Part[];
let worker: Part;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'story-tasks-readiness-'));
  [redis, lite] = await Promise.all([startRedis({ settings: ['--maxmemory', '100mb'] }), startLite({ dir })]);
  parts = await prepareParts({ REDIS_URL: redis.url, SUPABASE_URL: lite.url, SUPABASE_SECRET_KEY: lite.secretKey });
  const [api, operator] = [await parts.start('api', {}), await parts.start('operator', {})];
  following = [api, operator];
  worker = await parts.start('worker', {});
  await Promise.all([...following, worker].map((part) => answersReady(part, 200, 15_000)));
});
afterAll(async () => {
  await parts.stop();
  await Promise.all([redis.stop(), lite.stop()]);
  await rm(dir, { recursive: true, force: true });
});

const readyz = (part: Part, limitMs?: number) => probe(`${part.opsUrl}/readyz`, limitMs);

async function answersReady(part: Part, status: number, timeout: number): Promise<void> {
  await probeUntil(`${part.opsUrl}/readyz`, timeout, (answer) => answer.status === status);
}

async function isWithout(part: Part, unusable: readonly string[], limitMs: number): Promise<void> {
  const answer = await probeUntil(
    `${part.opsUrl}/readyz`,
    limitMs,
    ({ body }) => `${body['unusable']}` === `${unusable}`,
  );
  expect(answer.status).toBe(503);
}

/** What may be taken away, how it comes back, and what the answer names. */
const faults: Record<string, { unusable: string[]; begin: () => unknown; end: () => unknown }> = {
  'Redis stopped': {
    unusable: ['redis'],
    begin: () => redis.stop(),
    end: async () => {
      redis = await startRedis({ port: redis.port, settings: ['--maxmemory', '100mb'] });
    },
  },
  'Redis frozen': { unusable: ['redis'], begin: () => redis.freeze(), end: () => redis.thaw() },
  'Redis full': { unusable: ['redis'], begin: () => setMaxMemory('1'), end: () => setMaxMemory('100mb') },
  'the store stopped': {
    unusable: ['store'],
    begin: () => lite.stop(),
    end: async () => {
      lite = await startLite({ dir, port: Number(new URL(lite.url).port) });
    },
  },
  'the store frozen': {
    unusable: ['store'],
    begin: () => process.kill(lite.pid, 'SIGSTOP'),
    end: () => process.kill(lite.pid, 'SIGCONT'),
  },
};

async function setMaxMemory(bytes: string): Promise<void> {
  const client = new Redis(redis.url);
  await client.config('SET', 'maxmemory', bytes);
  client.disconnect();
}

test.each(Object.keys(faults))('%s: API and operator are not ready and say why, until it is over', async (name) => {
  const fault = faults[name];
  if (!fault) throw new Error(name);
  const beganAt = performance.now();
  await fault.begin();
  await Promise.all(following.map((part) => answersReady(part, 503, redWithinMs)));
  const red = Math.round(performance.now() - beganAt);
  for (const part of following) {
    const answer = await readyz(part);
    expect(answer).toMatchObject({ status: 503, body: { ok: false, unusable: fault.unusable } });
    expect(answer.milliseconds).toBeLessThan(1_500);
    expect((await probe(`${part.opsUrl}/healthz`)).status).toBe(200);
  }
  expect((await readyz(worker)).status).toBe(200);
  const health = await probe(`${worker.opsUrl}/healthz`);
  expect(health).toMatchObject({ status: 200, body: { ok: true } });
  expect(health.milliseconds).toBeLessThan(1_500);

  await fault.end();
  const endedAt = performance.now();
  await Promise.all(following.map((part) => answersReady(part, 200, greenWithinMs)));
  console.log(`${name}: red after ${red} ms, green ${Math.round(performance.now() - endedAt)} ms after its end`);
  expect((await readyz(worker)).status).toBe(200);
});

test('a worker is not ready before it has reached both, and stays ready then', async () => {
  await redis.stop();
  const late = await parts.start('worker', {});
  await probeUntil(`${late.opsUrl}/healthz`, 15_000, ({ status }) => status === 200);
  await isWithout(late, ['redis'], redWithinMs);
  await lite.stop();
  await isWithout(late, ['redis', 'store'], redWithinMs);
  redis = await startRedis({ port: redis.port });
  await isWithout(late, ['store'], greenWithinMs);
  lite = await startLite({ dir, port: Number(new URL(lite.url).port) });
  await answersReady(late, 200, greenWithinMs);
  await redis.stop();
  await answersReady(following[0] as Part, 503, redWithinMs);
  expect((await readyz(late)).status).toBe(200);
  redis = await startRedis({ port: redis.port });
});

test('a thousand probes at once of a process whose store is frozen are all answered', async () => {
  const api = following[0] as Part;
  await answersReady(api, 200, greenWithinMs);
  process.kill(lite.pid, 'SIGSTOP');
  const startedAt = performance.now();
  // Their connections are made one after the other, which takes a busy machine seconds.
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => readyz(api, 15_000)));
  const took = Math.round(performance.now() - startedAt);
  process.kill(lite.pid, 'SIGCONT');
  const red = answers.filter(({ status }) => status === 503).length;
  console.log(`1000 probes of a frozen store: ${red} red, all answered after ${took} ms`);
  expect(answers.filter(({ status }) => status === 0)).toEqual([]);
  await answersReady(api, 200, greenWithinMs);
});
