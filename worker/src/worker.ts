/** The worker process, wired: lanes in, runs on record out. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createGateway,
  createStoryWorkStore,
  createTaskLogging,
  defaultBatcherSettings,
  llmEnvSchema,
  llmSettings,
  writeOffline,
} from '@story-tasks/agent-backend';
import { type Operation, operationNames, systemWorld } from '@story-tasks/contracts';
import {
  type Component,
  connectRedis,
  createLanes,
  type Logger,
  Metrics,
  processEnvironment,
  processName,
  publishTaskEvents,
  redisEnvironment,
  startOpsServer,
  storeEnvironment,
  subscribeToCancellations,
  workerEnvironment,
} from '@story-tasks/runtime';
import {
  announcingRepository,
  connectStore,
  createBundleStore,
  createStoryTasksRepository,
  observedRepository,
} from '@story-tasks/supabase';
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import { LanePool } from './lanePool.ts';
import { processJob, type WorkerDependencies } from './processJob.ts';
import { retryAfterMs } from './retryAfter.ts';
import { RunningTasks } from './runningTasks.ts';
import { RunObserver } from './runObserver.ts';

/** BullMQ's close waits for Redis for ever. With no run left, this long is enough for jobs to be handed back. */
const closeLimitMs = 2_000;

export const workerSettings = processEnvironment
  .extend(redisEnvironment.shape)
  .extend(storeEnvironment.shape)
  .extend(workerEnvironment.shape)
  .extend(llmEnvSchema.shape);
export type WorkerSettings = z.output<typeof workerSettings>;

async function wire(
  settings: WorkerSettings,
  prompt: Redis,
  metrics: Metrics,
  logger: Logger,
): Promise<WorkerDependencies> {
  const store = connectStore({ url: settings.SUPABASE_URL, secretKey: settings.SUPABASE_SECRET_KEY });
  const { clock } = systemWorld;
  const llm = createGateway(llmSettings(settings), writeOffline);
  const running = new RunningTasks(clock);
  const slots = () => (running.draining ? 0 : settings.WORKER_CONCURRENCY);
  const observer = new RunObserver({ metrics, llm, slots, now: clock.now });
  const observed = observedRepository(createStoryTasksRepository(store), (...change) => observer.changed(...change));
  const repository = announcingRepository(observed, (hint) => publishTaskEvents(prompt, hint));
  const leaseMs = settings.LEASE_SECONDS * 1_000;
  const bundles = createBundleStore(settings.BUNDLE_STORE, { client: store.client });
  // A store that is away now is made ready by the first bundle.
  await bundles.prepare().catch((error: unknown) => logger.warn({ error }, 'the bundle store is away'));
  return {
    workerId: processName(settings.POD_NAME),
    work: (run) => createStoryWorkStore(store, run),
    logging: createTaskLogging(repository, { ...defaultBatcherSettings, leaseMs }),
    llm,
    bundles,
    retryAfterMs: (spent) => retryAfterMs(spent, systemWorld.chance),
    running,
    observer,
    logger,
  };
}

export async function startWorker(settings: WorkerSettings, logger: Logger): Promise<Component> {
  const prompt = connectRedis(settings.REDIS_URL, 'prompt', logger);
  const metrics = new Metrics();
  const dependencies = await wire(settings, prompt, metrics, logger);
  const { running, logging, workerId } = dependencies;
  const { provider, model } = dependencies.llm;
  const blocking = connectRedis(settings.REDIS_URL, 'blocking', logger);
  const subscriber = connectRedis(settings.REDIS_URL, 'subscriber', logger);
  const lanes = createLanes(prompt);
  void subscribeToCancellations(subscriber, (taskId) => running.cancel(taskId));
  const poolOf = (operation: Operation) =>
    new LanePool({
      operation,
      concurrency: settings.WORKER_CONCURRENCY,
      redis: blocking,
      leaseMs: logging.settings.leaseMs,
      process: (job) => processJob(dependencies, job),
    });
  const pools = operationNames.map(poolOf);
  const stats = () => lanes.stats().catch(() => null);
  const ops = await startOpsServer({
    port: settings.OPS_PORT,
    host: settings.OPS_HOST,
    health: async () => ({ ok: true, workerId, provider, model, running: running.count, lanes: await stats() }),
    ready: () => true,
    metrics,
  });
  logger.info({ workerId, provider, model }, 'worker ready');
  return {
    async stop() {
      const idle = running.drain(settings.DRAIN_SECONDS * 1_000);
      const closed = Promise.all(pools.map((pool) => pool.close()));
      await idle;
      await Promise.race([closed.then(() => lanes.close()), sleep(closeLimitMs, undefined, { ref: false })]);
      for (const redis of [blocking, prompt, subscriber]) redis.disconnect();
      ops.close();
    },
  };
}
