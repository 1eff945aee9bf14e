/** What some scenarios need in the cluster besides the release. */
import { fileURLToPath } from 'node:url';
import { run } from './run.ts';

export type Addon = 'prometheus' | 'keda' | 'prometheus-adapter';

const script = fileURLToPath(new URL('../cluster.sh', import.meta.url));

/** How one sees that it is there. */
const signs: Record<Addon, readonly string[]> = {
  prometheus: ['-n', 'monitoring', 'get', 'service', 'prometheus'],
  keda: ['get', 'crd', 'scaledobjects.keda.sh'],
  'prometheus-adapter': ['-n', 'monitoring', 'get', 'deployment', 'prometheus-adapter'],
};

async function hasAddon(addon: Addon): Promise<boolean> {
  return run('kubectl', signs[addon]).then(
    () => true,
    () => false,
  );
}

/** @returns whether it is there: not where the cluster has none, and nothing here can bring it */
export async function bringAddon(addon: Addon): Promise<boolean> {
  await run(script, ['addon', addon]).catch(() => undefined);
  return hasAddon(addon);
}

export async function removeAddon(addon: Addon): Promise<void> {
  await run(script, ['addon', '--remove', addon]);
}
