/** The API process, wired. */
import { once } from 'node:events';
import {
  apiEnvironment,
  type Component,
  connectRedis,
  createLanes,
  type Logger,
  processEnvironment,
  publishCancellation,
  redisEnvironment,
  startOpsServer,
  storeEnvironment,
} from '@story-tasks/runtime';
import {
  connectStore,
  createBundleStore,
  createSceneletsRepository,
  createStoriesRepository,
  createStoryTasksRepository,
} from '@story-tasks/supabase';
import type { z } from 'zod';
import { createApp } from './app.ts';

export const apiSettings = processEnvironment
  .extend(redisEnvironment.shape)
  .extend(storeEnvironment.shape)
  .extend(apiEnvironment.shape);
export type ApiSettings = z.output<typeof apiSettings>;

export async function startApi(settings: ApiSettings, logger: Logger): Promise<Component> {
  const store = connectStore({ url: settings.SUPABASE_URL, secretKey: settings.SUPABASE_SECRET_KEY });
  const redis = connectRedis(settings.REDIS_URL, 'prompt', logger);
  const lanes = createLanes(redis);
  const app = createApp({
    tasks: createStoryTasksRepository(store),
    stories: createStoriesRepository(store),
    scenelets: createSceneletsRepository(store),
    bundles: createBundleStore(settings.BUNDLE_STORE, { client: store.client }),
    lanes,
    publishCancellation: (taskId) => publishCancellation(redis, taskId),
    logger,
  });
  const server = app.listen(settings.PORT, settings.HOST);
  await once(server, 'listening');
  const ops = await startOpsServer({
    port: settings.OPS_PORT,
    host: settings.OPS_HOST,
    health: () => ({ ok: true }),
    ready: () => server.listening,
  });
  logger.info({ port: settings.PORT }, 'api ready');
  return {
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      await closed;
      ops.close();
      await lanes.close();
      redis.disconnect();
    },
  };
}
