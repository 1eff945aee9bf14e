/** The operator process, wired: what is held open for its life, and the loops that run while it leads. */
import { settingsOf, systemWorld } from '@story-tasks/contracts';
import {
  type Component,
  connectRedis,
  createLaneEvents,
  createLanes,
  createReadiness,
  failureOf,
  LaneGauges,
  type Lanes,
  type Logger,
  Metrics,
  probeRedis,
  publishTaskEvents,
  requireFitRedis,
  startOpsServer,
} from '@story-tasks/runtime';
import {
  announcingReconcileRepository,
  connectStore,
  createReconcileRepository,
  createStoryTasksRepository,
  createThroughputRepository,
  createWorkersRepository,
  probeStore,
  type ReconcileRepository,
  type Store,
} from '@story-tasks/supabase';
import { Forwarder } from './forwarder/forwarder.ts';
import { laneWatch } from './laneWatch.ts';
import { contend } from './leadership/contend.ts';
import { whileLeading } from './leadership/whileLeading.ts';
import { limits } from './limits.ts';
import { lostRuns } from './lostRuns.ts';
import { observedRecord } from './observedRecord.ts';
import { oldTasks } from './oldTasks.ts';
import { orphanedJobs } from './orphanedJobs.ts';
import { queuedRows } from './queuedRows.ts';
import { countActions, everyTick, type ReconcilePart, Reconciler } from './reconciler.ts';
import type { OperatorSettings } from './settings.ts';
import { createWorkerScaling } from './workerScaling.ts';

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
  const record = announcingReconcileRepository(observedRecord(createReconcileRepository(store), metrics), (hint) =>
    publishTaskEvents(redis, hint),
  );
  const gauges = new LaneGauges(metrics);
  const watch = laneWatch({ lanes, gauges });
  const leadership = await contend(settings, kubernetes, logger);
  metrics.gauge('story_tasks_leader', (leader) => leader.set(leadership.isLeader() ? 1 : 0));
  const scaling =
    kubernetes === null || settings.AUTOSCALING_MODE === 'none'
      ? null
      : await createWorkerScaling({
          settings,
          operations: () => settingsOf({}, settings.WORKER_CONCURRENCY),
          kubernetes,
          leadership,
          redis,
          laneWatch: watch,
          listBusy: createWorkersRepository(store).listBusy,
          metrics,
          logger,
        });
  const countAction = countActions(metrics);
  const forwarded = { events: createLaneEvents(redis), record: createThroughputRepository(store), logger };
  /** Made anew for each term: what a reconciler remembers of its last tick is old by then. */
  const startLoops = () => {
    const every = (ticking: Parameters<typeof everyTick>[0], intervalMs: number) =>
      everyTick(ticking, intervalMs, systemWorld.clock, () => leadership.isLeader());
    const parts = reconcileParts(store, record, lanes, settings.RETENTION_DAYS);
    const loops = [
      every(new Reconciler(parts, logger, countAction), settings.RECONCILE_SECONDS * 1_000),
      every(new Forwarder(forwarded), limits.forwardEveryMs),
      every({ tick: () => watch.read() }, limits.readLanesEveryMs),
      ...(scaling === null ? [] : [scaling.start()]),
    ];
    return {
      async stop() {
        await Promise.all(loops.map((loop) => loop.stop()));
        gauges.drop();
      },
    };
  };
  const leading = whileLeading(leadership, startLoops);
  const ops = await startOpsServer({
    port: settings.OPS_PORT,
    host: settings.OPS_HOST,
    health: () => ({ ok: true }),
    ready: createReadiness({ redis: () => probeRedis(redis), store: () => probeStore(store) }, logger),
    metrics,
  });
  logger.info('operator ready');
  return {
    failure: failureOf(requireFitRedis(redis, logger)),
    async stop() {
      await leading.stop();
      await leadership.stop();
      scaling?.close();
      ops.close();
      await lanes.close();
      redis.disconnect();
    },
  };
}
