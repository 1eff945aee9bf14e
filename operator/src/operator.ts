/** The operator process, wired: what is held open for its life, and the loops that run while it leads. */
import { systemWorld } from '@story-tasks/contracts';
import {
  type Component,
  connectRedis,
  connectSettings,
  createLanes,
  createReadiness,
  failureOf,
  LaneGauges,
  type Logger,
  Metrics,
  probeRedis,
  requireFitRedis,
  startOpsServer,
} from '@story-tasks/runtime';
import { connectStore, probeStore, SchemaCheck } from '@story-tasks/supabase';
import { laneWatch } from './laneWatch.ts';
import { contend } from './leadership/contend.ts';
import { whileLeading } from './leadership/whileLeading.ts';
import { leadersLoops } from './leadersLoops.ts';
import { LoopWatch } from './loopWatch.ts';
import type { OperatorSettings } from './settings.ts';
import { configMapOf, settingsLoops } from './settingsLoops.ts';
import { workerScaling } from './workerScaling.ts';

/** Null where nothing is asked of Kubernetes: its library takes half a second to load. */
async function kubernetesFor({ LEADER_LEASE, AUTOSCALING_MODE }: OperatorSettings) {
  if (LEADER_LEASE === undefined && AUTOSCALING_MODE === 'none') return null;
  const { connectKubernetes } = await import('@story-tasks/runtime/kubernetes');
  return connectKubernetes();
}

export async function startOperator(settings: OperatorSettings, logger: Logger): Promise<Component> {
  const kubernetes = await kubernetesFor(settings);
  const store = connectStore({ url: settings.SUPABASE_URL, secretKey: settings.SUPABASE_SECRET_KEY });
  const redis = connectRedis(settings.REDIS_URL, 'prompt', logger);
  const lanes = createLanes(redis);
  const metrics = new Metrics();
  const live = await connectSettings(settings, metrics, logger);
  const loopWatch = new LoopWatch(systemWorld.clock, logger);
  const leadership = await contend(settings, kubernetes, loopWatch, logger);
  metrics.gauge('story_tasks_leader', (leader) => leader.set(leadership.isLeader() ? 1 : 0));
  const ofSettings = await settingsLoops({
    live,
    redis,
    epoch: () => leadership.epoch(),
    configMap: configMapOf(settings),
    loopWatch,
    clock: systemWorld.clock,
    logger,
  });
  const gauges = new LaneGauges(metrics);
  const watch = laneWatch({ lanes, gauges });
  const scaling =
    kubernetes &&
    (await workerScaling({
      settings,
      live,
      kubernetes,
      leadership,
      redis,
      laneWatch: watch,
      loopWatch,
      store,
      metrics,
      logger,
    }));
  const schema = new SchemaCheck(store);
  const startLoops = leadersLoops({
    settings,
    schema,
    store,
    redis,
    lanes,
    leadership,
    watch,
    loopWatch,
    gauges,
    metrics,
    logger,
    first: ofSettings.part,
    scaling,
  });
  const leading = whileLeading(leadership, startLoops);
  const ops = await startOpsServer({
    port: settings.OPS_PORT,
    host: settings.OPS_HOST,
    health: () => loopWatch.health(),
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
      await Promise.all([leading.stop(), ofSettings.stop()]);
      // Not before: the next leader begins at once.
      await leadership.stop();
      scaling?.close();
      ops.close();
      await lanes.close();
      redis.disconnect();
    },
  };
}
