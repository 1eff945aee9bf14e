/** The loops that act, made anew for each term: what one of them remembers of its last tick is old by then. */
import { systemWorld } from '@story-tasks/contracts';
import {
  type connectRedis,
  createLaneEvents,
  type LaneGauges,
  type Lanes,
  type Logger,
  type Metrics,
  publishTaskEvents,
} from '@story-tasks/runtime';
import {
  announcingReconcileRepository,
  createReconcileRepository,
  createStoryTasksRepository,
  createThroughputRepository,
  type SchemaCheck,
  type Store,
} from '@story-tasks/supabase';
import { Forwarder } from './forwarder/forwarder.ts';
import type { LaneWatch } from './laneWatch.ts';
import type { Leadership } from './leadership/leadership.ts';
import { limits } from './limits.ts';
import type { LoopWatch } from './loopWatch.ts';
import { lostRuns } from './lostRuns.ts';
import { observedRecord } from './observedRecord.ts';
import { oldTasks } from './oldTasks.ts';
import { orphanedJobs } from './orphanedJobs.ts';
import { queuedRows } from './queuedRows.ts';
import { countActions, everyTick, type ReconcilePart, Reconciler, tickingWhen } from './reconciler.ts';
import type { OperatorSettings } from './settings.ts';
import type { WorkerScaling } from './workerScaling.ts';

export interface LeadersLoopsDependencies {
  readonly settings: Pick<OperatorSettings, 'RECONCILE_SECONDS' | 'RETENTION_DAYS'>;
  readonly store: Store;
  readonly schema: Pick<SchemaCheck, 'fits'>;
  /** Of the use `prompt`. */
  readonly redis: ReturnType<typeof connectRedis>;
  readonly lanes: Lanes;
  readonly leadership: Leadership;
  readonly watch: LaneWatch;
  readonly loopWatch: LoopWatch;
  readonly gauges: Pick<LaneGauges, 'drop'>;
  /** The reconciler's first part. */
  readonly first: ReconcilePart;
  /** Null: nobody sizes the workers. */
  readonly scaling: WorkerScaling | null;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** @returns what starts them */
export function leadersLoops(given: LeadersLoopsDependencies): () => { stop(): Promise<void> } {
  const { settings, store, schema, redis, leadership, watch, loopWatch, gauges, scaling, logger } = given;
  const newParts = reconcileParts(given);
  const countAction = countActions(given.metrics);
  const newReconciler = () => new Reconciler(newParts(), logger, countAction);
  const forwarded = { events: createLaneEvents(redis), record: createThroughputRepository(store), logger };
  const every = (name: string, ticking: Parameters<typeof everyTick>[0], intervalMs: number) =>
    loopWatch.over(name, ticking, (watched) =>
      everyTick(watched, intervalMs, systemWorld.clock, () => leadership.isLeader()),
    );
  const fits = () => schema.fits();
  return () => {
    const loops = [
      every('reconciler', tickingWhen(fits, newReconciler()), settings.RECONCILE_SECONDS * 1_000),
      every('forwarder', tickingWhen(fits, new Forwarder(forwarded)), limits.forwardEveryMs),
      every('lanes', { tick: () => watch.read() }, limits.readLanesEveryMs),
      ...(scaling === null ? [] : [scaling.start()]),
    ];
    return {
      async stop() {
        await Promise.all(loops.map((loop) => loop.stop()));
        gauges.drop();
      },
    };
  };
}

/** Lost runs before the rows: what they leave queued has its job before the rest of the tick. */
function reconcileParts({ settings, store, redis, lanes, first, metrics }: LeadersLoopsDependencies) {
  const tasks = createStoryTasksRepository(store);
  const now = systemWorld.clock.date;
  const record = announcingReconcileRepository(observedRecord(createReconcileRepository(store), metrics), (hint) =>
    publishTaskEvents(redis, hint),
  );
  return (): ReconcilePart[] => [
    first,
    lostRuns({ record, lanes, now }),
    queuedRows({ tasks, lanes, now }),
    orphanedJobs({ record, lanes }),
    oldTasks({ record, retentionDays: settings.RETENTION_DAYS, now }),
  ];
}
