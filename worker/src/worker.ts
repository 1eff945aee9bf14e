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
import { systemWorld } from '@story-tasks/contracts';
import {
  type Component,
  connectRedis,
  connectSettings,
  createLanes,
  createReadiness,
  failureOf,
  type LiveSettings,
  type Logger,
  listenToWorkerControl,
  Metrics,
  probeRedis,
  processEnvironment,
  processName,
  publishTaskEvents,
  publishWorkerReport,
  readyForGood,
  redisEnvironment,
  requireFitRedis,
  settingsEnvironment,
  startOpsServer,
  storeEnvironment,
  subscribeToCancellations,
  untilReady,
  workerEnvironment,
} from '@story-tasks/runtime';
import {
  announcingRepository,
  connectStore,
  createBundleStore,
  createStoryTasksRepository,
  observedRepository,
  probeStore,
  SchemaCheck,
  type Store,
} from '@story-tasks/supabase';
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import { Intake, type IntakeOptions } from './intake.ts';
import { LanePool, type LanePoolOptions } from './lanePool.ts';
import { watchLiveness } from './liveness.ts';
import { processJob, type WorkerDependencies } from './processJob.ts';
import { retryAfterMs } from './retryAfter.ts';
import { RunningTasks } from './runningTasks.ts';
import { RunObserver } from './runObserver.ts';

/** BullMQ's close waits for Redis for ever. With no run left, this long is enough for jobs to be handed back. */
const closeLimitMs = 2_000;

/** A probe waits a second at most, and wants an answer with Redis away too. */
const statsLimitMs = 500;

export const workerSettings = processEnvironment
  .extend(redisEnvironment.shape)
  .extend(storeEnvironment.shape)
  .extend(settingsEnvironment.shape)
  .extend(workerEnvironment.shape)
  .extend(llmEnvSchema.shape);
export type WorkerSettings = z.output<typeof workerSettings>;

interface Wired extends WorkerDependencies {
  readonly intake: Intake;
}

async function wire(
  settings: WorkerSettings,
  live: LiveSettings,
  store: Store,
  prompt: Redis,
  metrics: Metrics,
  logger: Logger,
): Promise<Wired> {
  const { clock } = systemWorld;
  const workerId = processName(settings.POD_NAME);
  const llm = createGateway(llmSettings(settings), writeOffline);
  const running = new RunningTasks(clock);
  // A report that is lost is asked for again.
  const report: IntakeOptions['report'] = (told) => void publishWorkerReport(prompt, told).catch(() => undefined);
  const intake = new Intake({ workerId, live, running, clock, report });
  const slots: WorkerDependencies['slots'] = (operation) => intake.slots(operation);
  const observer = new RunObserver({ metrics, llm, slots, now: clock.now });
  const observed = observedRepository(createStoryTasksRepository(store), (...change) => observer.changed(...change));
  const repository = announcingRepository(observed, (hint) => publishTaskEvents(prompt, hint));
  const leaseMs = settings.LEASE_SECONDS * 1_000;
  const bundles = createBundleStore(settings.BUNDLE_STORE, { client: store.client });
  // A store that is away now is made ready by the first bundle.
  await bundles.prepare().catch((error: unknown) => logger.warn({ error }, 'the bundle store is away'));
  return {
    workerId,
    work: (run) => createStoryWorkStore(store, run),
    logging: createTaskLogging(repository, { ...defaultBatcherSettings, leaseMs }),
    llm,
    bundles,
    retryAfterMs: (spent) => retryAfterMs(spent, systemWorld.chance),
    running,
    intake,
    slots,
    settings: (operation) => live.current().settings[operation],
    observer,
    logger,
  };
}

export async function startWorker(settings: WorkerSettings, logger: Logger): Promise<Component> {
  const prompt = connectRedis(settings.REDIS_URL, 'prompt', logger);
  const metrics = new Metrics();
  const store = connectStore({ url: settings.SUPABASE_URL, secretKey: settings.SUPABASE_SECRET_KEY });
  const live = await connectSettings(settings, metrics, logger);
  const dependencies = await wire(settings, live, store, prompt, metrics, logger);
  const { running, intake, logging, workerId } = dependencies;
  const { provider, model } = dependencies.llm;
  const blocking = connectRedis(settings.REDIS_URL, 'blocking', logger);
  const subscriber = connectRedis(settings.REDIS_URL, 'subscriber', logger);
  const lanes = createLanes(prompt);
  // Both wait for Redis as long as it takes, and are broken off only when the process stops.
  subscribeToCancellations(subscriber, (taskId) => running.cancel(taskId), logger).catch(() => undefined);
  listenToWorkerControl(subscriber, (message) => intake.hear(message), logger).catch(() => undefined);
  const schema = new SchemaCheck(store);
  const ready = createReadiness(
    { redis: () => probeRedis(prompt), store: () => probeStore(store), schema: () => schema.requireUnlessUnknown() },
    logger,
  );
  const stopping = new AbortController();
  // Nothing is taken from a Redis that may not hold the lanes, nor for a record that may not know how to keep a run.
  const fit = [requireFitRedis(prompt, logger), untilReady(ready, systemWorld.clock, stopping.signal)] as const;
  const started = Promise.all(fit).then(([infoAllowed]) => {
    const { clock } = systemWorld;
    const common = { redis: blocking, infoAllowed, leaseMs: logging.settings.leaseMs, clock, logger };
    const process: LanePoolOptions['process'] = (job) => processJob(dependencies, job);
    intake.open((operation, slots, onLeft) => new LanePool({ ...common, operation, slots, onLeft, process }));
  });
  const liveness = watchLiveness(blocking, () => intake.observe(), logging.settings.leaseMs);
  const stats = () => lanes.stats(statsLimitMs).catch(() => null);
  const ops = await startOpsServer({
    port: settings.OPS_PORT,
    host: settings.OPS_HOST,
    health: async () => ({ workerId, provider, model, running: running.count, lanes: await stats(), ...liveness() }),
    // Whoever is not ready is the first to be taken away when there are too many, with the run that it has.
    ready: readyForGood(ready),
    metrics,
  });
  logger.info({ workerId, provider, model }, 'worker ready');
  return {
    failure: failureOf(started),
    async stop() {
      stopping.abort();
      const idle = running.drain(settings.DRAIN_SECONDS * 1_000);
      const closed = intake.close();
      await idle;
      await Promise.race([closed.then(() => lanes.close()), sleep(closeLimitMs, undefined, { ref: false })]);
      for (const redis of [blocking, prompt, subscriber]) redis.disconnect();
      live.stop();
      ops.close();
    },
  };
}
