/** Processes that are newer than the schema: not ready, and nothing of what waits is touched until the migrations are there. */
import { type RedisServer, startRedis } from '@story-tasks/runtime/test';
import {
  connectStore,
  createStoriesRepository,
  createStoryTasksRepository,
  schemaVersion,
} from '@story-tasks/supabase';
import type { LiteServer } from '@story-tasks/supabase/lite';
import { type PostgresServer, startLite, startPostgres } from '@story-tasks/supabase/test';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Part, type Parts, prepareParts, probe, probeUntil } from './parts.ts';

const older = '20261101000000';

let postgres: PostgresServer;
let redis: RedisServer;
let lite: LiteServer;
let parts: Parts;

beforeAll(async () => {
  postgres = await startPostgres({ bare: true });
  [redis, lite] = await Promise.all([startRedis(), startLite({ postgresUrl: postgres.url })]);
  parts = await prepareParts({
    REDIS_URL: redis.url,
    SUPABASE_URL: lite.url,
    SUPABASE_SECRET_KEY: lite.secretKey,
    RECONCILE_SECONDS: '0.05',
  });
});
afterAll(async () => {
  await parts.stop();
  await Promise.all([redis.stop(), lite.stop()]);
  await postgres.stop();
});

async function tellVersion(version: string): Promise<void> {
  const admin = await postgres.connect('postgres');
  await admin.query(`create or replace function public.story_tasks_schema(request jsonb) returns jsonb
    language sql stable set search_path = '' as
    $$ select jsonb_build_object('outcome', 'known', 'version', '${version}') $$`);
  await admin.end();
}

const readyz = ({ opsUrl }: Part) => `${opsUrl}/readyz`;

test('a task waits, without a job even, until the schema is there, and then is run without a restart', async () => {
  await tellVersion(older);
  const store = connectStore({ url: lite.url, secretKey: lite.secretKey });
  const tasks = createStoryTasksRepository(store);
  const { id: storyId } = await createStoriesRepository(store).createStory({
    displayName: 'A',
    initialPrompt: 'A fox.',
  });
  const payload = { task: 'CREATE_CONSTITUTION' };
  const { task } = await tasks.createTask({ operation: 'RUN_WORKFLOW_TASK', storyId, payload, dispatch: 'queue' });

  const all = await Promise.all((['api', 'worker', 'operator'] as const).map((name) => parts.start(name, {})));
  for (const part of all) {
    const told = await probeUntil(readyz(part), 15_000, ({ body }) => `${body['unusable']}` === 'schema');
    expect(told).toMatchObject({ status: 503, body: { why: { schema: expect.stringContaining(older) } } });
    expect(JSON.stringify(told.body)).toContain(schemaVersion);
  }
  // Twenty answers take the operator through a dozen of its ticks.
  for (let n = 0; n < 20; n += 1) for (const part of all) expect((await probe(readyz(part))).status).toBe(503);
  const client = new Redis(redis.url);
  const jobs = await client.keys(`*${task.id}*`);
  client.disconnect();
  expect(jobs).toEqual([]);
  expect(await tasks.getTask(task.id)).toMatchObject({ status: 'queued', attempt: 0 });

  await tellVersion(schemaVersion);
  for (const part of all) await probeUntil(readyz(part), 15_000, ({ status }) => status === 200);
  await expect.poll(async () => (await tasks.getTask(task.id)).status, { timeout: 30_000 }).toBe('succeeded');
});
