/** The operator process, wired: as far as one machine needs it, the reconciler and the forwarder. */
import { systemWorld } from '@story-tasks/contracts';
import {
  type Component,
  connectRedis,
  connectSettings,
  createLaneEvents,
  createLanes,
  createReadiness,
  failureOf,
  LaneGauges,
  type Lanes,
  type Logger,
  Metrics,
  operatorEnvironment,
  probeRedis,
  processEnvironment,
  publishTaskEvents,
  redisEnvironment,
  requireFitRedis,
  settingsEnvironment,
  startOpsServer,
  storeEnvironment,
} from '@story-tasks/runtime';
import {
  announcingReconcileRepository,
  connectStore,
  createReconcileRepository,
  createStoryTasksRepository,
  createThroughputRepository,
  probeStore,
  type ReconcileRepository,
  SchemaCheck,
  type Store,
} from '@story-tasks/supabase';
import type { z } from 'zod';
import { Forwarder } from './forwarder/forwarder.ts';
import { laneWatch } from './laneWatch.ts';
import { limits } from './limits.ts';
import { lostRuns } from './lostRuns.ts';
import { observedRecord } from './observedRecord.ts';
import { oldTasks } from './oldTasks.ts';
import { orphanedJobs } from './orphanedJobs.ts';
import { queuedRows } from './queuedRows.ts';
import { countActions, everyTick, type ReconcilePart, Reconciler, tickingWhen } from './reconciler.ts';
import { configMapOf, settingsLoops } from './settingsLoops.ts';

export const operatorSettings = processEnvironment
  .extend(redisEnvironment.shape)
  .extend(storeEnvironment.shape)
  .extend(settingsEnvironment.shape)
  .extend(operatorEnvironment.shape);
export type OperatorSettings = z.output<typeof operatorSettings>;

/** As often as whoever sizes the workers by the lanes must look at them. */
const laneWatchMs = 2_000;

/** Lost runs first: what they leave queued has its job before the rest of the tick. */
function reconcileParts(
  store: Store,
  record: ReconcileRepository,
  lanes: Lanes,
  retentionDays: number | undefined,
): ReconcilePart[] {
  const tasks = createStoryTasksRepository(store);
  const now = systemWorld.clock.date;
  return [
    lostRuns({ record, lanes, now }),
    queuedRows({ tasks, lanes, now }),
    orphanedJobs({ record, lanes }),
    oldTasks({ record, retentionDays, now }),
  ];
}

export async function startOperator(settings: OperatorSettings, logger: Logger): Promise<Component> {
  const store = connectStore({ url: settings.SUPABASE_URL, secretKey: settings.SUPABASE_SECRET_KEY });
  const redis = connectRedis(settings.REDIS_URL, 'prompt', logger);
  const lanes = createLanes(redis);
  const metrics = new Metrics();
  const record = announcingReconcileRepository(observedRecord(createReconcileRepository(store), metrics), (hint) =>
    publishTaskEvents(redis, hint),
  );
  const parts = reconcileParts(store, record, lanes, settings.RETENTION_DAYS);
  const live = await connectSettings(settings, metrics, logger);
  const ofSettings = await settingsLoops({
    live,
    redis,
    epoch: () => 0,
    configMap: configMapOf(settings),
    clock: systemWorld.clock,
    logger,
  });
  parts.unshift(ofSettings.part);
  const forwarder = new Forwarder({
    events: createLaneEvents(redis),
    record: createThroughputRepository(store),
    logger,
  });
  const { clock } = systemWorld;
  const schema = new SchemaCheck(store);
  const fits = () => schema.fits();
  const loops = [
    everyTick(
      tickingWhen(fits, new Reconciler(parts, logger, countActions(metrics))),
      settings.RECONCILE_SECONDS * 1_000,
      clock,
    ),
    everyTick(tickingWhen(fits, forwarder), limits.forwardEveryMs, clock),
    everyTick(laneWatch({ lanes, gauges: new LaneGauges(metrics) }), laneWatchMs, clock),
  ];
  const ops = await startOpsServer({
    port: settings.OPS_PORT,
    host: settings.OPS_HOST,
    health: () => ({ ok: true }),
    ready: createReadiness(
      { redis: () => probeRedis(redis), store: () => probeStore(store), schema: () => schema.requireUnlessUnknown() },
      logger,
    ),
    metrics,
  });
  logger.info('operator ready');
  return {
    failure: failureOf(requireFitRedis(redis, logger)),
    async stop() {
      live.stop();
      await Promise.all([...loops, ofSettings].map((loop) => loop.stop()));
      ops.close();
      await lanes.close();
      redis.disconnect();
    },
  };
}
