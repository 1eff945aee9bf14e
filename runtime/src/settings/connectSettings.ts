/** The live settings of this process, from where its environment says they are. */
import { systemWorld } from '@story-tasks/contracts';
import type { z } from 'zod';
import { EnvironmentError, type settingsEnvironment } from '../environment.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { fileSource } from './fileSource.ts';
import { LiveSettings } from './liveSettings.ts';
import type { SettingsSource } from './settingsSource.ts';

type SettingsEnvironment = z.output<typeof settingsEnvironment> & {
  readonly WORKER_CONCURRENCY?: number | undefined;
};

/**
 * @returns settings that were looked at once, and follow their source until they are stopped
 * @throws EnvironmentError when both sources are named, or a ConfigMap without its namespace
 * @throws KubernetesSettingsError when a ConfigMap is named and no Kubernetes API is known
 */
export async function connectSettings(
  environment: SettingsEnvironment,
  metrics: Metrics,
  logger: Logger,
): Promise<LiveSettings> {
  const live = new LiveSettings({
    source: await sourceOf(environment, logger),
    workerConcurrency: environment.WORKER_CONCURRENCY,
    metrics,
    logger,
    clock: systemWorld.clock,
  });
  await live.start();
  return live;
}

async function sourceOf(
  { OPERATIONS_FILE: path, OPERATIONS_CONFIGMAP: name, POD_NAMESPACE: namespace }: SettingsEnvironment,
  logger: Logger,
): Promise<SettingsSource | null> {
  if (name === undefined) return path === undefined ? null : fileSource({ path, clock: systemWorld.clock });
  if (path !== undefined) throw new EnvironmentError(['OPERATIONS_FILE: OPERATIONS_CONFIGMAP is set too; set one']);
  if (namespace === undefined) throw new EnvironmentError(['POD_NAMESPACE: OPERATIONS_CONFIGMAP needs it']);
  // Half a second to load, for those who need it alone.
  const [{ connectKubernetes }, { configMapSource }] = await Promise.all([
    import('../kubernetes/kubernetes.ts'),
    import('./configMapSource.ts'),
  ]);
  return configMapSource({ kubernetes: connectKubernetes(), namespace, name, logger, ...systemWorld });
}
