/** Deployments are replaced while clients call and tasks run. */
import { expect } from 'vitest';
import { tell } from '../src/figures.ts';
import type { KubeObject } from '../src/kubectl.ts';
import { WantedReplicas } from '../src/reaction.ts';
import { installRelease, releaseName, rollBackRelease } from '../src/release.ts';
import { scenario } from '../src/scenario.ts';
import { apiUrl, type System } from '../src/system.ts';
import { timeouts } from '../src/timeouts.ts';

scenario('the API is rolled under load, and no request fails', { timeout: 300_000 }, async (system) => {
  const storyId = await system.newStory('Rolled');
  const failures: string[] = [];
  let calls = 0;
  let rolling = true;
  const caller = async () => {
    while (rolling) {
      const call = system.pod.fetch(`${apiUrl}/api/stories/${storyId}`);
      await call.then(
        (response) => response.text().then(() => response.ok || failures.push(String(response.status))),
        (error: Error) => failures.push(error.message),
      );
      calls += 1;
    }
  };
  const callers = Array.from({ length: 8 }, caller);
  await system.kubectl.run(['rollout', 'restart', `deployment/${releaseName}-api`]);
  await system.kubectl.rolledOut(`deployment/${releaseName}-api`);
  rolling = false;
  await Promise.all(callers);
  tell(`API rolled under load: ${calls} calls, ${failures.length} failed`);
  expect(failures).toEqual([]);
});

/** What the Deployment of the workers asks for in the very version that brings other pods: a chart that told a number would reset it. */
async function replicasOnceChanged({ kubectl }: System): Promise<number> {
  const deployment = () => kubectl.get('deployment', `${releaseName}-worker`);
  const pods = ({ spec }: KubeObject) => JSON.stringify(spec.template);
  const before = await deployment();
  let present = before;
  const isChanged = async () => {
    present = await deployment();
    return pods(present) !== pods(before);
  };
  await expect.poll(isChanged, { timeout: timeouts.rollout, interval: 100 }).toBe(true);
  return present['spec'].replicas;
}

/** Four stories being written, by four workers, while something is done to the release. */
async function survives(system: System, name: string, change: () => Promise<unknown>): Promise<void> {
  const storyIds = await Promise.all(Array.from({ length: 4 }, (_, index) => system.newStory(`${name} ${index}`)));
  const made = await Promise.all(storyIds.map((storyId) => system.constitutionTask(storyId)));
  await Promise.all(made.map((taskId) => system.ended(taskId)));
  const wanted = new WantedReplicas(system);
  try {
    const taskIds = await Promise.all(storyIds.map((storyId) => system.scriptTask(storyId)));
    await Promise.all(taskIds.map((taskId) => system.running(taskId)));
    await expect.poll(() => wanted.present, { timeout: timeouts.soon }).toBeGreaterThanOrEqual(4);
    const since = performance.now();
    // Then, and not after the change: by its end stories may be written, and their workers rightly gone.
    const untilWritten = replicasOnceChanged(system).then((replicas) => Math.min(replicas, wanted.least(since)));
    const [least] = await Promise.all([untilWritten, change()]);
    expect(least).toBeGreaterThanOrEqual(4);
    for (const taskId of taskIds) expect(await system.ended(taskId, 200_000)).toMatchObject({ status: 'succeeded' });
  } finally {
    wanted.stop();
  }
}

scenario('an upgrade with running tasks loses none, and leaves the workers as many', { timeout: 400_000 }, (system) =>
  survives(system, 'Upgraded', () => installRelease(system.settings, { 'worker.podAnnotations.upgraded': 'yes' })),
);

scenario('so does a rollback', { timeout: 400_000 }, (system) =>
  survives(system, 'Rolled back', () => rollBackRelease(system.settings)),
);
