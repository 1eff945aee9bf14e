/** Every process looks at Redis before it relies on it: one that would lose jobs is refused, one that does not tell is taken. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RedisServer, startRedis } from '@story-tasks/runtime/test';
import { freePort, type LiteServer, startLite } from '@story-tasks/supabase/lite';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callsTo, type Part, type PartName, type Parts, prepareParts, probeUntil } from './parts.ts';

const names: PartName[] = ['api', 'worker', 'operator'];
/** To start a process, and to end it. */
const startMs = 15_000;

let dir: string;
let lite: LiteServer;
let parts: Parts;
let evicting: RedisServer;
const servers: RedisServer[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'story-tasks-redis-at-start-'));
  [lite, evicting] = await Promise.all([startLite({ dir }), started('--maxmemory-policy', 'allkeys-lru')]);
  parts = await prepareParts({ SUPABASE_URL: lite.url, SUPABASE_SECRET_KEY: lite.secretKey });
});
afterAll(async () => {
  await parts.stop();
  await Promise.all([...servers.map((server) => server.stop()), lite.stop()]);
  await rm(dir, { recursive: true, force: true });
});

async function started(...settings: string[]): Promise<RedisServer> {
  const server = await startRedis({ settings });
  servers.push(server);
  return server;
}

async function fatalLines(part: Part): Promise<string[]> {
  const lines = (await part.log())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return lines.filter(({ level }) => level === 'fatal').map(({ msg }) => msg);
}

test.each(names)('a Redis that evicts ends the %s at once, with a sentence that says what to set', async (name) => {
  const startedAt = performance.now();
  const part = await parts.start(name, { REDIS_URL: evicting.url });
  await expect(part.failure).rejects.toThrow('exit code 1');
  console.log(
    `${name}: ended after ${Math.round(performance.now() - startedAt)} ms. ${(await fatalLines(part)).join()}`,
  );
  expect(await fatalLines(part)).toEqual([expect.stringContaining('CONFIG SET maxmemory-policy noeviction')]);
  expect(await part.log()).toContain('allkeys-lru');
});

test.each(names)('the %s waits for a Redis that is not there yet, and looks at it when it comes', async (name) => {
  const port = await freePort();
  const part = await parts.start(name, { REDIS_URL: `redis://127.0.0.1:${port}` });
  await probeUntil(`${part.opsUrl}/healthz`, startMs, ({ status }) => status === 200);
  servers.push(await startRedis({ port, settings: ['--maxmemory-policy', 'volatile-lru'] }));
  await expect(part.failure).rejects.toThrow('exit code 1');
  expect(await fatalLines(part)).toEqual([expect.stringContaining('volatile-lru')]);
});

test('a Redis that keeps INFO to itself is taken with one warning, and tasks run', async () => {
  const server = await started();
  const admin = new Redis(server.url);
  await admin.call('ACL', 'SETUSER', 'app', 'on', '>canary-password', '~*', '&*', '+@all', '-info');
  admin.disconnect();
  const REDIS_URL = server.url.replace('//', '//app:canary-password@');
  const running = await Promise.all(names.map((name) => parts.start(name, { REDIS_URL, LLM_PROVIDER: 'offline' })));
  for (const part of running) await probeUntil(`${part.opsUrl}/readyz`, startMs, ({ status }) => status === 200);
  const calls = callsTo(running[0] as Part);
  const taskId = await calls.task(await calls.story(), 'REGENERATE_CONSTITUTION');
  await expect.poll(() => calls.status(taskId), { timeout: 20_000 }).toBe('succeeded');
  for (const part of running) {
    const log = await part.log();
    expect(log.match(/Redis does not tell all of itself/g)).toHaveLength(1);
    expect(log).not.toContain('canary-password');
  }
});
