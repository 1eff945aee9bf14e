/** The operator that leads is killed, or frozen and woken late. */
import { expect, vi } from 'vitest';
import { tell } from '../src/figures.ts';
import type { KubeObject } from '../src/kubectl.ts';
import { runsLost } from '../src/lifeOf.ts';
import { WantedReplicas } from '../src/reaction.ts';
import { releaseName } from '../src/release.ts';
import { scenario } from '../src/scenario.ts';
import { signalPod } from '../src/signalPod.ts';
import type { System } from '../src/system.ts';
import { timeouts } from '../src/timeouts.ts';

const operator = `${releaseName}-operator`;

const holderOf = async ({ kubectl }: System) => (await kubectl.get('lease', operator))['spec'].holderIdentity as string;

interface Leader {
  readonly holder: string;
  readonly pod: KubeObject;
}

async function readyLeader(system: System): Promise<Leader> {
  const holder = await holderOf(system);
  const [pod] = (await system.readyPods('operator')).filter(({ metadata }) => holder.includes(metadata.name));
  if (pod === undefined) throw new Error(`No operator that is ready is ${holder}, who leads.`);
  return { holder, pod };
}

/** The scenario before may have left one that is about to be ready. */
const leaderOf = (system: System): Promise<Leader> =>
  vi.waitFor(() => readyLeader(system), { timeout: timeouts.soon, interval: 500 });

/** @returns how long it took, in milliseconds */
async function anotherLeads(system: System, before: string): Promise<number> {
  const since = Date.now();
  const another = async () => ![before, ''].includes(await holderOf(system));
  await expect.poll(another, { timeout: timeouts.soon, interval: 200 }).toBe(true);
  return Date.now() - since;
}

function tellTakeOver(what: string, milliseconds: number): void {
  tell(`leader ${what} → another leads: ${(milliseconds / 1_000).toFixed(1)} s`);
  expect(milliseconds).toBeLessThan(15_000);
}

scenario('another operator leads within 15 s of the leader’s death', { timeout: 180_000 }, async (system) => {
  const { holder, pod } = await leaderOf(system);
  await signalPod(pod, 'KILL');
  tellTakeOver('killed', await anotherLeads(system, holder));
  await system.kubectl.rolledOut(`deployment/${operator}`);
});

scenario('a leader that was frozen and wakes late takes no worker away', { timeout: 300_000 }, async (system) => {
  const storyIds = await Promise.all(Array.from({ length: 3 }, (_, index) => system.newStory(`Frozen ${index}`)));
  const made = await Promise.all(storyIds.map((storyId) => system.constitutionTask(storyId)));
  for (const taskId of made) await system.ended(taskId);
  const wanted = new WantedReplicas(system);
  const { holder, pod } = await leaderOf(system);
  await signalPod(pod, 'STOP');
  try {
    await wanted.known();
    tellTakeOver('frozen', await anotherLeads(system, holder));
    const taskIds = await Promise.all(storyIds.map((storyId) => system.scriptTask(storyId)));
    await expect.poll(() => wanted.present, { timeout: timeouts.soon }).toBeGreaterThanOrEqual(3);
    const wokenAt = performance.now();
    await signalPod(pod, 'CONT');
    const follows = async () => (await system.metrics(pod)).includes('story_tasks_leader 0');
    await expect.poll(follows, { timeout: timeouts.soon }).toBe(true);
    await system.ended(taskIds[0] as string, 200_000);
    expect(wanted.least(wokenAt)).toBeGreaterThanOrEqual(3);
    expect(await holderOf(system)).not.toBe(holder);
    for (const taskId of taskIds) expect(await system.ended(taskId, 200_000)).toMatchObject({ status: 'succeeded' });
    expect(await runsLost(system.api, taskIds)).toEqual([]);
  } finally {
    await signalPod(pod, 'CONT');
    wanted.stop();
  }
});
