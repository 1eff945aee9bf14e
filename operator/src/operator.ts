/** The operator process, wired: as far as one machine needs it, the reconciler. */
import { systemWorld } from '@story-tasks/contracts';
import {
  type Component,
  connectRedis,
  createLanes,
  LaneGauges,
  type Lanes,
  type Logger,
  Metrics,
  operatorEnvironment,
  processEnvironment,
  redisEnvironment,
  startOpsServer,
  storeEnvironment,
} from '@story-tasks/runtime';
import { connectStore, createReconcileRepository, createStoryTasksRepository, type Store } from '@story-tasks/supabase';
import type { z } from 'zod';
import { laneWatch } from './laneWatch.ts';
import { lostRuns } from './lostRuns.ts';
import { observedRecord } from './observedRecord.ts';
import { oldTasks } from './oldTasks.ts';
import { orphanedJobs } from './orphanedJobs.ts';
import { queuedRows } from './queuedRows.ts';
import { countActions, everyTick, type ReconcilePart, Reconciler } from './reconciler.ts';

export const operatorSettings = processEnvironment
  .extend(redisEnvironment.shape)
  .extend(storeEnvironment.shape)
  .extend(operatorEnvironment.shape);
export type OperatorSettings = z.output<typeof operatorSettings>;

/** As often as whoever sizes the workers by the lanes must look at them. */
const laneWatchMs = 2_000;

/** Lost runs first: what they leave queued has its job before the rest of the tick. */
function reconcileParts(
  store: Store,
  lanes: Lanes,
  metrics: Metrics,
  retentionDays: number | undefined,
): ReconcilePart[] {
  const record = observedRecord(createReconcileRepository(store), metrics);
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
  const parts = reconcileParts(store, lanes, metrics, settings.RETENTION_DAYS);
  const reconciler = new Reconciler(parts, logger, countActions(metrics));
  const { clock } = systemWorld;
  const loop = everyTick(reconciler, settings.RECONCILE_SECONDS * 1_000, clock);
  const watch = everyTick(laneWatch({ lanes, gauges: new LaneGauges(metrics) }), laneWatchMs, clock);
  const ops = await startOpsServer({
    port: settings.OPS_PORT,
    host: settings.OPS_HOST,
    health: () => ({ ok: true }),
    ready: () => true,
    metrics,
  });
  logger.info('operator ready');
  return {
    async stop() {
      await Promise.all([loop.stop(), watch.stop()]);
      ops.close();
      await lanes.close();
      redis.disconnect();
    },
  };
}
