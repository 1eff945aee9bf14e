/** The operator that leads is killed. */
import { expect } from 'vitest';
import { tell } from '../src/figures.ts';
import { killProcess } from '../src/kill.ts';
import type { KubeObject } from '../src/kubectl.ts';
import { releaseName } from '../src/release.ts';
import { scenario } from '../src/scenario.ts';
import { timeouts } from '../src/timeouts.ts';

scenario('another operator leads within 15 s of the leader’s death', { timeout: 180_000 }, async (system) => {
  const leader = async () =>
    (await system.kubectl.get('lease', `${releaseName}-operator`))['spec'].holderIdentity as string;
  const before = await leader();
  const [pod] = (await system.readyPods('operator')).filter(({ metadata }) => before.includes(metadata.name));
  expect(pod).toBeDefined();
  const killedAt = Date.now();
  await killProcess(pod as KubeObject);
  const another = async () => ![before, ''].includes(await leader());
  await expect.poll(another, { timeout: timeouts.soon, interval: 200 }).toBe(true);
  const took = Date.now() - killedAt;
  tell(`leader killed → another leads: ${(took / 1_000).toFixed(1)} s`);
  expect(took).toBeLessThan(15_000);
  await system.kubectl.rolledOut(`deployment/${releaseName}-operator`);
});
