/** The worker process, wired: lanes in, runs on record out. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createGateway,
  createTaskLogging,
  defaultBatcherSettings,
  llmEnvSchema,
  llmSettings,
  writeOffline,
} from '@story-tasks/agent-backend';
import { type Operation, operationNames } from '@story-tasks/contracts';
import {
  type Component,
  connectRedis,
  createLanes,
  createReadiness,
  failureOf,
  type Logger,
  probeRedis,
  processEnvironment,
  processName,
  publishTaskEvents,
  readyForGood,
  redisEnvironment,
  requireFitRedis,
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
  probeStore,
} from '@story-tasks/supabase';
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import { LanePool } from './lanePool.ts';
import { watchLiveness } from './liveness.ts';
import { processJob, type WorkerDependencies } from './processJob.ts';
import { RunningTasks } from './runningTasks.ts';

/** BullMQ's close waits for Redis for ever. With no run left, this long is enough for jobs to be handed back. */
const closeLimitMs = 2_000;

/** A probe waits a second at most, and wants an answer with Redis away too. */
const statsLimitMs = 500;

export const workerSettings = processEnvironment
  .extend(redisEnvironment.shape)
  .extend(storeEnvironment.shape)
  .extend(workerEnvironment.shape)
  .extend(llmEnvSchema.shape);
export type WorkerSettings = z.output<typeof workerSettings>;

/** After a retryable failure: 5 s, doubled each time, at most five minutes, with half of it left to chance. */
function retryAfterMs(attemptsSpent: number): number {
  const full = Math.min(300_000, 5_000 * 2 ** attemptsSpent);
  return full * (0.5 + Math.random() / 2);
}

async function wire(settings: WorkerSettings, prompt: Redis, logger: Logger): Promise<WorkerDependencies> {
  const store = connectStore({ url: settings.SUPABASE_URL, secretKey: settings.SUPABASE_SECRET_KEY });
  const repository = announcingRepository(createStoryTasksRepository(store), (hint) => publishTaskEvents(prompt, hint));
  const leaseMs = settings.LEASE_SECONDS * 1_000;
  const bundles = createBundleStore(settings.BUNDLE_STORE, { client: store.client });
  // A store that is away now is made ready by the first bundle.
  await bundles.prepare().catch((error: unknown) => logger.warn({ error }, 'the bundle store is away'));
  return {
    workerId: processName(settings.POD_NAME),
    store,
    logging: createTaskLogging(repository, { ...defaultBatcherSettings, leaseMs }),
    llm: createGateway(llmSettings(settings), writeOffline),
    bundles,
    retryAfterMs,
    running: new RunningTasks(),
    logger,
  };
}

export async function startWorker(settings: WorkerSettings, logger: Logger): Promise<Component> {
  const prompt = connectRedis(settings.REDIS_URL, 'prompt', logger);
  const dependencies = await wire(settings, prompt, logger);
  const { running, logging, workerId } = dependencies;
  const { provider, model } = dependencies.llm;
  const blocking = connectRedis(settings.REDIS_URL, 'blocking', logger);
  const subscriber = connectRedis(settings.REDIS_URL, 'subscriber', logger);
  const lanes = createLanes(prompt);
  void subscribeToCancellations(subscriber, (taskId) => running.cancel(taskId));
  const poolOf = (operation: Operation, infoAllowed: boolean) =>
    new LanePool({
      operation,
      concurrency: settings.WORKER_CONCURRENCY,
      redis: blocking,
      infoAllowed,
      leaseMs: logging.settings.leaseMs,
      process: (job) => processJob(dependencies, job),
    });
  const pools: LanePool[] = [];
  // Nothing is taken from a Redis that may not hold the lanes.
  const started = requireFitRedis(prompt, logger).then((infoAllowed) => {
    if (!running.draining) pools.push(...operationNames.map((operation) => poolOf(operation, infoAllowed)));
  });
  const observe = () => (running.draining ? [] : pools.flatMap((pool) => pool.observe()));
  const liveness = watchLiveness(blocking, observe, logging.settings.leaseMs);
  const ready = createReadiness(
    { redis: () => probeRedis(prompt), store: () => probeStore(dependencies.store) },
    logger,
  );
  const stats = () => lanes.stats(statsLimitMs).catch(() => null);
  const ops = await startOpsServer({
    port: settings.OPS_PORT,
    host: settings.OPS_HOST,
    health: async () => ({ workerId, provider, model, running: running.count, lanes: await stats(), ...liveness() }),
    // Whoever is not ready is the first to be taken away when there are too many, with the run that it has.
    ready: readyForGood(ready),
  });
  logger.info({ workerId, provider, model }, 'worker ready');
  return {
    failure: failureOf(started),
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
