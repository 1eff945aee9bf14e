/** What the operator does about the settings of operations: keeps the lanes at them, and tells of what became of a document. */
import type { Clock } from '@story-tasks/contracts';
import {
  type LaneSettings,
  type LiveSettings,
  type Logger,
  type settingsEnvironment,
  writeLaneSettings,
} from '@story-tasks/runtime';
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import { LaneSettingsKeeper } from './laneSettings/laneSettings.ts';
import { limits } from './limits.ts';
import type { LoopWatch } from './loopWatch.ts';
import { everyTick, type ReconcilePart } from './reconciler.ts';
import { SettingsEvents } from './settingsEvents.ts';

export interface SettingsLoopsOptions {
  readonly live: LiveSettings;
  /** Of the use `prompt`. */
  readonly redis: Redis;
  /** Of this leader, greater than of any before; null: it does not lead, and does nothing. */
  readonly epoch: () => number | null;
  /** Where the document is, when it is in a ConfigMap. */
  readonly configMap?: { readonly namespace: string; readonly name: string } | undefined;
  readonly loopWatch: LoopWatch;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface SettingsLoops {
  /** The reconciler's first: no job goes into a lane that has lost its limits. */
  readonly part: ReconcilePart;
  stop(): Promise<void>;
}

type ConfigMapEnvironment = Pick<z.output<typeof settingsEnvironment>, 'OPERATIONS_CONFIGMAP' | 'POD_NAMESPACE'>;

/** Where the document is, when it is in a ConfigMap. */
export function configMapOf({
  OPERATIONS_CONFIGMAP: name,
  POD_NAMESPACE: namespace,
}: ConfigMapEnvironment): SettingsLoopsOptions['configMap'] {
  return name === undefined || namespace === undefined ? undefined : { namespace, name };
}

export async function settingsLoops(options: SettingsLoopsOptions): Promise<SettingsLoops> {
  const { live, redis, epoch, loopWatch, clock, logger } = options;
  const write = (of: number, settings: LaneSettings) => writeLaneSettings(redis, of, settings);
  const keeper = new LaneSettingsKeeper({ live, write, epoch, logger });
  const endSubscription = live.subscribe(() => void keeper.tick());
  const every = (name: string, ticking: Parameters<typeof everyTick>[0]) =>
    loopWatch.over(name, ticking, (watched) => everyTick(watched, limits.settingsEveryMs, clock));
  const loops = [every('lane settings', keeper)];
  if (options.configMap) {
    const events = await eventsOf(options, options.configMap);
    loops.push(every('settings events', events));
  }
  return {
    part: keeper,
    async stop() {
      endSubscription();
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}

async function eventsOf(
  { live, epoch, clock, logger }: SettingsLoopsOptions,
  configMap: NonNullable<SettingsLoopsOptions['configMap']>,
): Promise<SettingsEvents> {
  // Half a second to load, for a pod alone.
  const { connectKubernetes, statusOf } = await import('@story-tasks/runtime/kubernetes');
  const { core } = connectKubernetes();
  return new SettingsEvents({ core, ...configMap, live, isLeader: () => epoch() !== null, clock, logger, statusOf });
}
