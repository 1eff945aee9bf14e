/** Workers that go in the middle of a run: what was written stays, and another goes on. */
import { expect } from 'vitest';
import type { KubeObject } from '../src/kubectl.ts';
import { lifeOf } from '../src/lifeOf.ts';
import { scenario } from '../src/scenario.ts';
import { signalPod } from '../src/signalPod.ts';
import type { System } from '../src/system.ts';
import { timeouts } from '../src/timeouts.ts';

/** A script under way, with a few of its scenelets written. */
async function scriptUnderWay(system: System, name: string): Promise<{ taskId: string; pod: KubeObject }> {
  const storyId = await system.newStory(name);
  await system.ended(await system.constitutionTask(storyId));
  const taskId = await system.scriptTask(storyId);
  const progress = () => system.task(taskId).then((task) => task.progress);
  await expect.poll(progress, { timeout: timeouts.scale, interval: 200 }).toBeGreaterThan(15);
  return { taskId, pod: await holderOf(system, taskId) };
}

/** The pod whose log says that it runs the task. */
async function holderOf(system: System, taskId: string): Promise<KubeObject> {
  const pods = await system.readyPods('worker');
  for (const pod of pods) {
    const log = await system.kubectl.run(['logs', pod.metadata.name, '--tail=200']);
    if (log.includes(taskId)) return pod;
  }
  throw new Error(`No worker tells of ${taskId}.`);
}

async function endsWell(system: System, taskId: string, attempts: number): Promise<void> {
  const ended = await system.ended(taskId, 150_000);
  expect(ended).toMatchObject({ status: 'succeeded', attempt: attempts });
  const written = (await lifeOf(system.api, taskId)).filter(({ message }) => message.includes('written'));
  expect(new Set(written.map(({ message }) => message)).size).toBe(written.length);
}

scenario(
  'the story of a worker that is killed -9 goes on, and nothing written is written again',
  { timeout: 300_000 },
  async (system) => {
    const { taskId, pod } = await scriptUnderWay(system, 'Killed');
    await signalPod(pod, 'KILL');
    await endsWell(system, taskId, 2);
  },
);

scenario(
  'a worker that is deleted with five seconds of grace hands its story over',
  { timeout: 300_000 },
  async (system) => {
    const { taskId, pod } = await scriptUnderWay(system, 'Deleted with grace');
    await system.kubectl.delete('pod', pod.metadata.name, '--grace-period=5');
    await endsWell(system, taskId, 2);
    const handedOver = (await lifeOf(system.api, taskId)).map(({ message }) => message);
    expect(handedOver.join('\n')).not.toContain('lost');
  },
);
