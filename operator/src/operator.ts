/** The operator process, wired: as far as one machine needs it, the reconciler. */
import { systemWorld } from '@story-tasks/contracts';
import {
  type Component,
  connectRedis,
  createLanes,
  type Lanes,
  type Logger,
  operatorEnvironment,
  processEnvironment,
  redisEnvironment,
  startOpsServer,
  storeEnvironment,
} from '@story-tasks/runtime';
import { connectStore, createReconcileRepository, createStoryTasksRepository, type Store } from '@story-tasks/supabase';
import type { z } from 'zod';
import { lostRuns } from './lostRuns.ts';
import { oldTasks } from './oldTasks.ts';
import { orphanedJobs } from './orphanedJobs.ts';
import { queuedRows } from './queuedRows.ts';
import { everyTick, type ReconcilePart, Reconciler } from './reconciler.ts';

export const operatorSettings = processEnvironment
  .extend(redisEnvironment.shape)
  .extend(storeEnvironment.shape)
  .extend(operatorEnvironment.shape);
export type OperatorSettings = z.output<typeof operatorSettings>;

/** Lost runs first: what they leave queued has its job before the rest of the tick. */
function reconcileParts(store: Store, lanes: Lanes, retentionDays: number | undefined): ReconcilePart[] {
  const record = createReconcileRepository(store);
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
  const reconciler = new Reconciler(reconcileParts(store, lanes, settings.RETENTION_DAYS), logger);
  const loop = everyTick(reconciler, settings.RECONCILE_SECONDS * 1_000, systemWorld.clock);
  const ops = await startOpsServer({
    port: settings.OPS_PORT,
    host: settings.OPS_HOST,
    health: () => ({ ok: true }),
    ready: () => true,
  });
  logger.info('operator ready');
  return {
    async stop() {
      await loop.stop();
      ops.close();
      await lanes.close();
      redis.disconnect();
    },
  };
}
