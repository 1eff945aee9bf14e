/** A Redis whose access rules keep a process from a channel: it says what to grant, and listens as soon as that is granted. */
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectRedis, createLogger, publishCancellation, subscribeToCancellations } from '../src/index.ts';
import { type RedisServer, startRedis } from './harness.ts';

const taskId = '00000000-0000-4000-8000-000000000001';
const seconds = { timeout: 9_000 };

let server: RedisServer;
let admin: Redis;
let subscriber: Redis;
let lines: Record<string, unknown>[];
let heard: string[];
beforeEach(async () => {
  server = await startRedis();
  admin = new Redis(server.url);
  [lines, heard] = [[], []];
});
afterEach(async () => {
  subscriber.disconnect();
  admin.disconnect();
  await server.stop();
});

const allow = (...channels: string[]) => admin.call('ACL', 'SETUSER', 'app', 'resetchannels', ...channels);
async function addUser(...channels: string[]): Promise<void> {
  await admin.call('ACL', 'SETUSER', 'app', 'on', '>canary-password', '~*', '+@all');
  await allow(...channels);
}

/** @returns settles when it listens */
function subscribe(): Promise<void> {
  const logger = createLogger('test', 'info', { write: (line) => void lines.push(JSON.parse(line)) });
  subscriber = connectRedis(server.url.replace('//', '//app:canary-password@'), 'subscriber', logger);
  return subscribeToCancellations(subscriber, (id) => heard.push(id), logger);
}
const warnings = () => lines.filter(({ refusal }) => refusal === 'NOPERM');
const hears = () => publishCancellation(admin, taskId).then(() => heard.length > 0);

test('a channel that is refused is told once, with what to grant; granted, it is listened to without a restart', async () => {
  await addUser();
  const listening = subscribe();
  await expect.poll(warnings, seconds).toHaveLength(1);
  expect(warnings()[0]).toMatchObject({ level: 'warn', channel: 'story-task-cancellations' });
  expect(warnings()[0]?.['msg']).toContain('grant its user &story-task-cancellations and +subscribe');
  expect(JSON.stringify(lines)).not.toContain('canary-password');
  await allow('&story-task-*');
  await listening;
  await expect.poll(hears, seconds).toBe(true);
  expect(warnings()).toHaveLength(1);
});

test('one that is taken away while it is listened to is told as well, and ends nothing', async () => {
  await addUser('&story-task-*');
  await subscribe();
  await expect.poll(hears, seconds).toBe(true);
  // Redis ends the connections of those who may listen no more.
  await allow();
  await expect.poll(warnings, seconds).toHaveLength(1);
  await allow('&story-task-*');
  heard = [];
  await expect.poll(hears, seconds).toBe(true);
});
