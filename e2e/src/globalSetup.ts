/** Before the first scenario: a namespace that admits restricted pods alone, the release, and a pod that calls its API. */
import { ClientPod } from './clientPod.ts';
import { dump } from './dump.ts';
import { kubectlIn } from './kubectl.ts';
import { installRelease, makeNamespace, removeRelease } from './release.ts';
import { e2eSettings } from './settings.ts';
import { clientPodName } from './system.ts';

export default async function setUp(): Promise<() => Promise<void>> {
  const settings = e2eSettings();
  const { E2E_NAMESPACE: namespace, E2E_IMAGE, E2E_TAG } = settings;
  const kubectl = kubectlIn(namespace);
  await makeNamespace(kubectl, namespace);
  try {
    await installRelease(settings);
    const image = `${E2E_IMAGE}:${E2E_TAG}`;
    const client = await ClientPod.start(kubectl, { name: clientPodName, serviceAccount: 'client', image });
    client.stop();
  } catch (error) {
    console.error(`The release could not be installed; left in ${await dump('install')}`);
    throw error;
  }
  return async () => {
    if (settings.KEEP === '1') return;
    await removeRelease(settings);
    await kubectl.run(['delete', 'namespace', namespace, '--wait=false']);
  };
}
