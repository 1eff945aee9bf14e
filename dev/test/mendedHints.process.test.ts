/** Readers of a task's events are woken when the operator writes one. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectRedis, createLogger, subscribeToTaskEvents } from '@story-tasks/runtime';
import { startRedis } from '@story-tasks/runtime/test';
import { connectStore, createStoryTasksRepository } from '@story-tasks/supabase';
import { startLite } from '@story-tasks/supabase/lite';
import { expect, test } from 'vitest';
import { prepareParts } from './parts.ts';

test('a run that the operator mended is announced with the number of its event', async () => {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'story-tasks-hints-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const [redis, lite] = await Promise.all([startRedis(), startLite({ dir })]);
  stack.defer(() => redis.stop());
  stack.defer(() => lite.stop());
  const logger = createLogger('test', 'silent');
  const subscriber = connectRedis(redis.url, 'subscriber', logger);
  stack.defer(() => subscriber.disconnect());
  const hints: unknown[] = [];
  await subscribeToTaskEvents(subscriber, (hint) => hints.push(hint), logger);
  const tasks = createStoryTasksRepository(connectStore({ url: lite.url, secretKey: lite.secretKey }));
  const { task } = await tasks.createTask({ operation: 'BUILD_PLAYER_BUNDLE', dispatch: 'queue' });
  const claim = { taskId: task.id, claimToken: randomUUID(), workerId: 'lost', leaseMs: 0, resumable: true };
  await tasks.claimTask(claim);

  const parts = await prepareParts({ SUPABASE_URL: lite.url, SUPABASE_SECRET_KEY: lite.secretKey });
  stack.defer(() => parts.stop());
  await parts.start('operator', { REDIS_URL: redis.url });
  await expect.poll(() => hints, { timeout: 15_000 }).toEqual([{ taskId: task.id, seq: 3 }]);
  expect(await tasks.getTask(task.id)).toMatchObject({ status: 'queued', lastSeq: 3 });
});
