/** The API process, wired. */
import { once } from 'node:events';
import {
  apiEnvironment,
  authEnvironment,
  type Component,
  connectRedis,
  connectSettings,
  createLanes,
  createReadiness,
  failureOf,
  type Logger,
  Metrics,
  probeRedis,
  processEnvironment,
  publishCancellation,
  publishTaskEvents,
  redisEnvironment,
  requireFitRedis,
  settingsEnvironment,
  startOpsServer,
  storeEnvironment,
  subscribeToTaskEvents,
} from '@story-tasks/runtime';
import {
  announcingRepository,
  connectStore,
  createBundleStore,
  createSceneletsRepository,
  createStoriesRepository,
  createStoryTasksRepository,
  observedRepository,
  probeStore,
  SchemaCheck,
} from '@story-tasks/supabase';
import type { z } from 'zod';
import { createApp } from './app.ts';
import { createAuthentication } from './auth/authentication.ts';
import { checkAuthSettings } from './auth/settings.ts';
import { closeGently } from './closeGently.ts';
import { countTasks } from './countTasks.ts';
import type { ApiDependencies } from './dependencies.ts';
import { EventStreams } from './streams/eventStreams.ts';

export const apiSettings = processEnvironment
  .extend(redisEnvironment.shape)
  .extend(storeEnvironment.shape)
  .extend(settingsEnvironment.shape)
  .extend(apiEnvironment.shape)
  .extend(authEnvironment.shape)
  .superRefine(checkAuthSettings);
export type ApiSettings = z.output<typeof apiSettings>;

export async function startApi(settings: ApiSettings, logger: Logger): Promise<Component> {
  const store = connectStore({ url: settings.SUPABASE_URL, secretKey: settings.SUPABASE_SECRET_KEY });
  const redis = connectRedis(settings.REDIS_URL, 'prompt', logger);
  const lanes = createLanes(redis);
  const metrics = new Metrics();
  const live = await connectSettings(settings, metrics, logger);
  const counted = observedRepository(createStoryTasksRepository(store), countTasks(metrics));
  const tasks = announcingRepository(counted, (hint) => publishTaskEvents(redis, hint));
  const streams = new EventStreams(tasks);
  const subscriber = connectRedis(settings.REDIS_URL, 'subscriber', logger);
  // Waits for Redis as long as it takes, and is broken off only when the process stops.
  subscribeToTaskEvents(subscriber, (hint) => streams.hint(hint), logger).catch(() => undefined);
  const authentication = await createAuthentication(settings, logger);
  const dependencies: ApiDependencies = {
    tasks,
    stories: createStoriesRepository(store),
    scenelets: createSceneletsRepository(store),
    bundles: createBundleStore(settings.BUNDLE_STORE, { client: store.client }),
    lanes,
    streams,
    attemptsOf: (operation) => live.current().settings[operation].attempts,
    publishCancellation: (taskId) => publishCancellation(redis, taskId),
    logger,
    metrics,
  };
  const app = createApp(dependencies, authentication);
  const server = app.listen(settings.PORT, settings.HOST);
  await once(server, 'listening');
  const schema = new SchemaCheck(store);
  const readiness = createReadiness(
    { redis: () => probeRedis(redis), store: () => probeStore(store), schema: () => schema.requireUnlessUnknown() },
    logger,
  );
  const ops = await startOpsServer({
    port: settings.OPS_PORT,
    host: settings.OPS_HOST,
    health: () => ({ ok: true }),
    ready: async () => (server.listening ? readiness() : { ok: false }),
    metrics,
  });
  logger.info({ port: settings.PORT }, 'api ready');
  return {
    failure: failureOf(Promise.all([requireFitRedis(redis, logger), authentication.usable])),
    async stop() {
      await closeGently(server, settings.LINGER_SECONDS * 1_000, () => streams.close());
      live.stop();
      ops.close();
      await lanes.close();
      for (const connection of [redis, subscriber]) connection.disconnect();
    },
  };
}
