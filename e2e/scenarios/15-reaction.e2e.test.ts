/** How soon a job more brings a worker more: thirty steps, one at a time, from none to six and again. */
import { expect } from 'vitest';
import { percentile, tellFigures } from '../src/figures.ts';
import { WantedReplicas } from '../src/reaction.ts';
import { installRelease } from '../src/release.ts';
import { scenario } from '../src/scenario.ts';
import type { System } from '../src/system.ts';
import { timeouts } from '../src/timeouts.ts';

const ramps = 5;
const steps = 6;

/** Both from the call that creates the job. */
interface Step {
  readonly wantedMs: number;
  readonly readyMs: number;
}

/** A task that stays until it is cancelled, and the worker that comes for it. */
async function step(system: System, wanted: WantedReplicas, storyId: string, to: number): Promise<Step> {
  const since = performance.now();
  await system.constitutionTask(storyId);
  const wantedMs = (await wanted.passed(to - 1, since)) - since;
  const ready = async () => (await system.readyPods('worker')).length;
  await expect.poll(ready, { timeout: timeouts.scale, interval: 100 }).toBeGreaterThanOrEqual(to);
  return { wantedMs, readyMs: performance.now() - since };
}

/** Up by a worker at a time, and down again; whatever came of it, no task stays. */
async function ramp(system: System, wanted: WantedReplicas, storyIds: readonly string[]): Promise<Step[]> {
  const made: Step[] = [];
  try {
    for (const [index, storyId] of storyIds.entries()) made.push(await step(system, wanted, storyId, index + 1));
  } finally {
    await cancelAll(system);
  }
  await noWorkers(system, wanted);
  return made;
}

/** Waits for it. A step is seen by its number alone: one that is there from before would hide it. */
async function noWorkers(system: System, wanted: WantedReplicas): Promise<void> {
  await expect.poll(() => wanted.present, { timeout: timeouts.scale, interval: 100 }).toBe(0);
  await expect.poll(async () => (await system.pods('worker')).length, { timeout: timeouts.scale }).toBe(0);
}

async function cancelAll({ api }: System): Promise<void> {
  for (const status of ['queued', 'running'] as const)
    for await (const { id } of api.listAll({ status })) await api.cancel(id);
}

scenario('each of thirty jobs brings its worker', { timeout: 900_000 }, async (system) => {
  await installRelease(system.settings, {
    'llm.offlineLatencyMs': '600000',
    'worker.autoscaling.scaleDown.stabilizationSeconds': '1',
    'worker.autoscaling.scaleDown.periodSeconds': '1',
    'worker.autoscaling.scaleDown.maxPods': String(steps),
  });
  const storyIds = await Promise.all(Array.from({ length: steps }, (_, index) => system.newStory(`Step ${index}`)));
  const wanted = new WantedReplicas(system);
  try {
    await wanted.known();
    await noWorkers(system, wanted);
    const taken: Step[] = [];
    for (let time = 0; time < ramps; time++) taken.push(...(await ramp(system, wanted, storyIds)));
    const waits = taken.map(({ wantedMs }) => wantedMs);
    tellFigures('job created → one more worker wanted', waits);
    tellFigures(
      'job created → one more worker ready',
      taken.map(({ readyMs }) => readyMs),
    );
    // Five times what is aimed at.
    expect(percentile(waits, 0.99)).toBeLessThan(2_500);
  } finally {
    wanted.stop();
    await installRelease(system.settings);
  }
});
