/** What the NetworkPolicies let through, and what not. */
import { expect } from 'vitest';
import { ClientPod } from '../src/clientPod.ts';
import { kubectlIn } from '../src/kubectl.ts';
import { releaseName } from '../src/release.ts';
import { scenario } from '../src/scenario.ts';
import { apiUrl } from '../src/system.ts';

const elsewhere = 'story-tasks-e2e-elsewhere';

scenario('the NetworkPolicies really block', { timeout: 120_000 }, async (system) => {
  const { E2E_IMAGE, E2E_TAG, E2E_NAMESPACE } = system.settings;
  const kubectl = kubectlIn(elsewhere);
  await kubectl.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: elsewhere } });
  const image = `${E2E_IMAGE}:${E2E_TAG}`;
  const stranger = await ClientPod.start(kubectl, { name: 'stranger', serviceAccount: 'stranger', image });
  try {
    const reaches = (pod: ClientPod, url: string) =>
      pod
        .fetchWith('')(url, { signal: AbortSignal.timeout(4_000) })
        .then(
          () => true,
          // Redis answers no HTTP, but whoever is answered got through.
          (error: Error) => /HPE|ECONNRESET|SocketError|UND_ERR_SOCKET/.test(error.message),
        );
    const there = (service: string, port: number) => `http://${service}.${E2E_NAMESPACE}.svc:${port}`;
    expect(await reaches(system.pod, apiUrl)).toBe(true);
    expect(await reaches(stranger, there(`${releaseName}-api`, 8080))).toBe(false);
    expect(await reaches(stranger, there(`${releaseName}-redis`, 6379))).toBe(false);
    expect(await reaches(system.pod, there(`${releaseName}-redis`, 6379))).toBe(false);
  } finally {
    stranger.stop();
    await kubectl.run(['delete', 'namespace', elsewhere, '--wait=false']);
  }
});
