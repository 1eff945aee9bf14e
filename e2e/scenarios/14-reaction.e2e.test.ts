/** How soon the operator asks for workers when a lane fills, and how soon they are there. */
import { expect } from 'vitest';
import { percentile, tellFigures } from '../src/figures.ts';
import { WantedReplicas } from '../src/reaction.ts';
import { scenario } from '../src/scenario.ts';
import { timeouts } from '../src/timeouts.ts';

const most = 6;

scenario('a lane that fills by a step has more workers asked for at once', { timeout: 1_500_000 }, async (system) => {
  const steps = system.settings.E2E_STEPS;
  const stories = await Promise.all(Array.from({ length: most }, (_, index) => system.newStory(`Step ${index}`)));
  const wanted = new WantedReplicas(system);
  const scaled: number[] = [];
  const ready: number[] = [];
  try {
    while (scaled.length < steps) {
      await expect.poll(() => wanted.present, { timeout: timeouts.scale, interval: 100 }).toBeLessThan(most);
      const before = wanted.present;
      const since = performance.now();
      const taskIds = await Promise.all(
        stories.slice(0, before + 1).map((storyId) => system.constitutionTask(storyId)),
      );
      scaled.push((await wanted.passed(before, since)) - since);
      const workers = async () => (await system.readyPods('worker')).length;
      await expect.poll(workers, { timeout: timeouts.scale, interval: 100 }).toBeGreaterThan(before);
      ready.push(performance.now() - since);
      await Promise.all(taskIds.map((taskId) => system.ended(taskId)));
    }
  } finally {
    wanted.stop();
  }
  tellFigures('depth step → scale patch, with the creates', scaled);
  tellFigures('depth step → pod ready', ready);
  expect(percentile(scaled, 0.99)).toBeLessThan(2_500);
});
