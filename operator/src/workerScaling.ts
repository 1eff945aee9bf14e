/** The autoscaler, wired: what it holds open for the life of the process, and what runs while this process leads. */
import { systemWorld } from '@story-tasks/contracts';
import {
  connectRedis,
  type LiveSettings,
  type Logger,
  listenToWorkerReports,
  type Metrics,
  publishWorkerControl,
  watchLanes,
} from '@story-tasks/runtime';
import type { Kubernetes } from '@story-tasks/runtime/kubernetes';
import { createWorkersRepository, type Store } from '@story-tasks/supabase';
import { Autoscaler } from './autoscaler/autoscaler.ts';
import { AutoscalerGauges } from './autoscaler/autoscalerGauges.ts';
import { autoscalerLoop } from './autoscaler/autoscalerLoop.ts';
import type { WorkerCluster } from './autoscaler/cluster.ts';
import { Cordons } from './autoscaler/cordons.ts';
import { countDecisions } from './autoscaler/reasons.ts';
import type { LaneWatch } from './laneWatch.ts';
import { onlyLeading } from './leadership/guarded.ts';
import type { Leadership } from './leadership/leadership.ts';
import { limits } from './limits.ts';
import type { LoopWatch } from './loopWatch.ts';
import type { OperatorSettings } from './settings.ts';

export interface WorkerScalingDependencies {
  readonly settings: OperatorSettings;
  readonly live: Pick<LiveSettings, 'current'>;
  readonly kubernetes: Kubernetes;
  readonly leadership: Leadership;
  readonly redis: ReturnType<typeof connectRedis>;
  readonly laneWatch: LaneWatch;
  readonly loopWatch: LoopWatch;
  readonly store: Store;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

export interface WorkerScaling {
  /** What is to run while this process leads. */
  start(): { stop(): Promise<void> };
  close(): void;
}

/** @returns null: nobody is to size the workers, or not this operator */
export async function workerScaling(given: WorkerScalingDependencies): Promise<WorkerScaling | null> {
  if (given.settings.AUTOSCALING_MODE === 'none') return null;
  const { settings, leadership, redis, metrics, logger } = given;
  const isLeader = () => leadership.isLeader();
  const cordons = new Cordons({
    publish: onlyLeading(isLeader, (message) => publishWorkerControl(redis, message)),
    world: systemWorld,
  });
  const reports = connectRedis(settings.REDIS_URL, 'subscriber', logger);
  // Waits for Redis as long as it takes; until then no worker confirms anything.
  listenToWorkerReports(reports, (report) => cordons.report(report), logger).catch(() => undefined);
  const gauges = new AutoscalerGauges(metrics);
  const count = countDecisions(metrics);
  const cluster = guarded(await workerCluster(given), isLeader);
  return {
    start() {
      const autoscaler = new Autoscaler({
        mode: settings.AUTOSCALING_MODE === 'external' ? 'external' : 'operator',
        limits: scalingLimits(settings),
        cluster,
        cordons,
        readLanes: () => given.laneWatch.read(),
        listBusy: createWorkersRepository(given.store).listBusy,
        settings: () => given.live.current().settings,
        gauges,
        count,
        world: systemWorld,
        logger,
      });
      const hint = () => autoscaler.hint();
      const interrupt = () => autoscaler.interrupt();
      const loop = given.loopWatch.over('autoscaler', autoscaler, ({ tick }) =>
        autoscalerLoop({
          autoscaler: { tick, hint, interrupt },
          onLaneEvents: (happened) =>
            watchLanes(connectRedis(settings.REDIS_URL, 'blocking', logger), systemWorld.clock, happened),
          intervalMs: limits.autoscaleEveryMs,
          clock: systemWorld.clock,
          isLeader,
        }),
      );
      return {
        async stop() {
          await loop.stop();
          gauges.drop();
        },
      };
    },
    close: () => reports.disconnect(),
  };
}

async function workerCluster({ kubernetes, settings }: WorkerScalingDependencies): Promise<WorkerCluster> {
  const { kubernetesCluster } = await import('./autoscaler/kubernetesCluster.ts');
  const { POD_NAMESPACE = '', WORKER_DEPLOYMENT = '' } = settings;
  return kubernetesCluster(kubernetes, POD_NAMESPACE, WORKER_DEPLOYMENT, systemWorld.clock.date);
}

function guarded(cluster: WorkerCluster, isLeader: () => boolean): WorkerCluster {
  return {
    read: cluster.read,
    annotate: onlyLeading(isLeader, cluster.annotate),
    scale: onlyLeading(isLeader, cluster.scale),
    setDeletionCost: onlyLeading(isLeader, cluster.setDeletionCost),
    tell: onlyLeading(isLeader, cluster.tell),
  };
}

const scalingLimits = (settings: OperatorSettings) => ({
  min: settings.MIN_REPLICAS,
  max: settings.MAX_REPLICAS,
  stabilizationMs: settings.SCALE_DOWN_STABILIZATION_SECONDS * 1_000,
  maxPodsDown: settings.SCALE_DOWN_MAX_PODS,
  periodMs: settings.SCALE_DOWN_PERIOD_SECONDS * 1_000,
});
