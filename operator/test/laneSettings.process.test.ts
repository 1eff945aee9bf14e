/** The lanes' settings between a leader and BullMQ's own workers, on a real Redis. */
import { randomUUID } from 'node:crypto';
import { laneName, type OperationSettings, operationNames, settingsOf } from '@story-tasks/contracts';
import { connectRedis, createLogger, type LaneSettings, writeLaneSettings } from '@story-tasks/runtime';
import { type RedisServer, startRedis } from '@story-tasks/runtime/test';
import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LaneSettingsKeeper } from '../src/laneSettings/laneSettings.ts';

const within2s = { timeout: 2_000, interval: 10 };
const operation = 'RUN_WORKFLOW_TASK';
const logger = createLogger('test', 'silent');

let server: RedisServer;
let redis: Redis;
let queue: Queue;
let workers: Worker[];
let started: number[];
let ends: (() => void)[];

beforeEach(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, 'prompt', logger);
  queue = new Queue(laneName(operation), { connection: { host: '127.0.0.1', port: server.port } });
  await queue.waitUntilReady();
  await expect.poll(() => redis.status).toBe('ready');
  [workers, started, ends] = [[], [], []];
});
afterEach(async () => {
  for (const end of ends) end();
  await Promise.all(workers.map((worker) => worker.close(true)));
  await queue.close();
  redis.disconnect();
  await server.stop();
});

const wanted = (settings: Partial<OperationSettings>): LaneSettings => {
  const defaults = settingsOf({});
  return { ...defaults, [operation]: { ...defaults[operation], ...settings } };
};
const written = (settings: Partial<OperationSettings>, epoch = 1) => writeLaneSettings(redis, epoch, wanted(settings));
const changed = (count: number) => ({ outcome: 'written', changed: count });

/** Workers as ours are; each takes jobs one after the other. */
function startWorkers(count: number, run: () => Promise<void>): void {
  const connection = { host: '127.0.0.1', port: server.port };
  const options = { connection, drainDelay: 1, maximumRateLimitDelay: 1_000 };
  for (let added = 0; added < count; added += 1) {
    workers.push(
      new Worker(
        queue.name,
        async () => {
          started.push(performance.now());
          await run();
        },
        options,
      ),
    );
  }
}
const waitingWorkers = async () =>
  String(await redis.client('LIST'))
    .split('\n')
    .filter((client) => client.includes('cmd=bzpopmin'));
const endless = () => new Promise<void>((resolve) => ends.push(resolve));
const atOnce = () => Promise.resolve();
const addJobs = (count: number) =>
  queue.addBulk(Array.from({ length: count }, () => ({ name: operation, data: {}, opts: { jobId: randomUUID() } })));

test('what is written is what BullMQ itself would have written, and a repeat changes nothing', async () => {
  const settings = { globalConcurrency: 3, rateLimit: { max: 60, perSeconds: 2 }, paused: true };
  expect(await written(settings)).toEqual(changed(1));
  expect(await written(settings)).toEqual(changed(0));
  expect(await queue.getGlobalConcurrency()).toBe(3);
  expect(await queue.getGlobalRateLimit()).toEqual({ max: 60, duration: 2_000 });
  expect(await queue.isPaused()).toBe(true);
  expect(await written({})).toEqual(changed(1));
  expect(await queue.getGlobalConcurrency()).toBe(null);
  expect(await queue.getGlobalRateLimit()).toBe(null);
  expect(await queue.isPaused()).toBe(false);
});

test('a leader of before is refused, until all keys are lost', async () => {
  expect(await written({ globalConcurrency: 3 }, 7)).toEqual(changed(1));
  expect(await written({ globalConcurrency: 4 }, 6)).toEqual({ outcome: 'refused' });
  expect(await queue.getGlobalConcurrency()).toBe(3);
  expect(await written({ globalConcurrency: 4 }, 8)).toEqual(changed(1));
  await redis.flushall();
  expect(await written({ globalConcurrency: 5 }, 2)).toEqual(changed(1));
});

test('an operator that contends with nobody is never refused, and leaves none behind that would be', async () => {
  await written({ globalConcurrency: 3 }, 7);
  expect(await written({ globalConcurrency: 4 }, 0)).toEqual(changed(1));
  expect(await written({ globalConcurrency: 5 }, 7)).toEqual(changed(1));
});

test('a limit holds over workers, and those that wait are woken when it is raised', async () => {
  await written({ globalConcurrency: 1 });
  await addJobs(6);
  startWorkers(4, endless);
  await expect.poll(() => started.length, within2s).toBe(1);
  await written({ globalConcurrency: 3 });
  await expect.poll(() => started.length, within2s).toBe(3);
  await written({});
  await expect.poll(() => started.length, within2s).toBe(4);
});

test('a paused lane gives nothing out', async () => {
  await written({ paused: true });
  await addJobs(2);
  startWorkers(2, endless);
  await expect.poll(async () => (await waitingWorkers()).length, within2s).toBe(2);
  expect(started).toEqual([]);
  await written({ paused: false });
  await expect.poll(() => started.length, within2s).toBe(2);
});

test('when a lane goes on, workers are woken that sleep till a far delayed job', async () => {
  await queue.add(operation, {}, { delay: 60_000 });
  startWorkers(2, endless);
  // Those that wait for a job and know of none look every second.
  const asleep = async () => (await waitingWorkers()).filter((client) => !/ idle=[01] /.test(client)).length;
  await expect.poll(asleep, { timeout: 8_000 }).toBe(2);
  await written({ paused: true });
  await addJobs(2);
  await written({ paused: false });
  await expect.poll(() => started.length, { timeout: 1_000, interval: 10 }).toBe(2);
});

test('starts per period are kept across two workers', async () => {
  await written({ rateLimit: { max: 5, perSeconds: 1 } });
  await addJobs(20);
  startWorkers(2, atOnce);
  await expect.poll(() => started.length, { timeout: 10_000 }).toBe(20);
  const first = started[0] ?? 0;
  // A period begins with the first start in it, so the nth five cannot begin before n periods are over.
  for (let period = 1; period < 4; period += 1) {
    expect((started[period * 5] ?? 0) - first).toBeGreaterThan(period * 1_000 - 50);
  }
  expect((started[19] ?? 0) - first).toBeLessThan(8_000);
});

test.each<[string, Partial<OperationSettings>]>([
  ['lifted', {}],
  ['given a shorter period', { rateLimit: { max: 1, perSeconds: 1 } }],
])('a rate limit of an hour that is %s holds nobody back any more', async (_name, next) => {
  await written({ rateLimit: { max: 1, perSeconds: 3_600 } });
  await addJobs(2);
  startWorkers(1, atOnce);
  await expect.poll(() => started.length, within2s).toBe(1);
  await written(next);
  await expect.poll(() => started.length, { timeout: 3_500 }).toBe(2);
});

function keeper(epoch: () => number | null, known = true): LaneSettingsKeeper {
  const live = {
    current: () => ({ settings: settingsOf({ [operation]: { globalConcurrency: 2 } }), hash: 'h', known }),
  };
  return new LaneSettingsKeeper({
    live,
    write: (of, settings) => writeLaneSettings(redis, of, settings),
    epoch,
    logger,
  });
}

test('what a flush took is there again after the next tick; of a lane that somebody changed by hand too', async () => {
  const kept = keeper(() => 1);
  await kept.tick();
  await redis.flushall();
  await kept.tick();
  expect(await queue.getGlobalConcurrency()).toBe(2);
  await queue.pause();
  await kept.tick();
  expect(await queue.isPaused()).toBe(false);
});

test('who does not lead writes nothing, nor a leader who has seen no document yet', async () => {
  await keeper(() => null).run();
  await keeper(() => 1, false).run();
  expect(await queue.getGlobalConcurrency()).toBe(null);
  expect(await redis.keys('*settings')).toEqual([]);
});

test('with Redis away, a tick ends, and the reconciler’s part fails', async () => {
  redis.disconnect();
  await keeper(() => 1).tick();
  await expect(keeper(() => 1).run()).rejects.toThrow();
});

test('the lanes of all operations are kept', async () => {
  const settings = settingsOf(Object.fromEntries(operationNames.map((name) => [name, { globalConcurrency: 9 }])));
  expect(await writeLaneSettings(redis, 1, settings)).toEqual(changed(operationNames.length));
});
