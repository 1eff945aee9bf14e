/** The operator process, wired: as far as one machine needs it, the reconciler. */
import {
  type Component,
  connectRedis,
  createLanes,
  type Logger,
  operatorEnvironment,
  processEnvironment,
  redisEnvironment,
  startOpsServer,
  storeEnvironment,
} from '@story-tasks/runtime';
import { connectStore, createStoryTasksRepository } from '@story-tasks/supabase';
import type { z } from 'zod';
import { everyTick, Reconciler } from './reconciler.ts';

export const operatorSettings = processEnvironment
  .extend(redisEnvironment.shape)
  .extend(storeEnvironment.shape)
  .extend(operatorEnvironment.shape);
export type OperatorSettings = z.output<typeof operatorSettings>;

export async function startOperator(settings: OperatorSettings, logger: Logger): Promise<Component> {
  const store = connectStore({ url: settings.SUPABASE_URL, secretKey: settings.SUPABASE_SECRET_KEY });
  const redis = connectRedis(settings.REDIS_URL, 'prompt', logger);
  const lanes = createLanes(redis);
  const tasks = createStoryTasksRepository(store);
  const reconciler = new Reconciler({ tasks, lanes, now: Date.now, logger });
  const loop = everyTick(reconciler, settings.RECONCILE_SECONDS * 1_000, logger);
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
