/** A queue makes workers, and its end takes them away again, down to none; no run is broken off by it. */
import { expect } from 'vitest';
import { tell } from '../src/figures.ts';
import { runsLost } from '../src/lifeOf.ts';
import { scenario } from '../src/scenario.ts';
import { timeouts } from '../src/timeouts.ts';

scenario(
  'a queue of 40 brings workers up, then down to zero, and no busy pod is killed',
  { timeout: 600_000 },
  async (system) => {
    const storyIds = await Promise.all(Array.from({ length: 40 }, (_, index) => system.newStory(`Queue ${index}`)));
    const startedAt = Date.now();
    const taskIds = await Promise.all(storyIds.map((storyId) => system.constitutionTask(storyId)));

    let most = 0;
    const allEnded = async () => {
      most = Math.max(most, (await system.readyPods('worker')).length);
      const tasks = await Promise.all(taskIds.map((taskId) => system.task(taskId)));
      return tasks.filter(({ status }) => status === 'succeeded').length;
    };
    await expect.poll(allEnded, { timeout: 300_000, interval: 1_000 }).toBe(taskIds.length);
    tell(`40 tasks of a second each: ${Math.round((Date.now() - startedAt) / 1_000)} s with up to ${most} workers`);
    expect(most).toBeGreaterThan(2);

    await expect
      .poll(async () => (await system.pods('worker')).length, { timeout: timeouts.scale, interval: 1_000 })
      .toBe(0);
    expect(await runsLost(system.api, taskIds)).toEqual([]);
    const events = await system.kubectl.list('events', '--field-selector=involvedObject.kind=Deployment');
    const reasons = new Set(events.map((event) => event['reason']));
    expect([...reasons]).toEqual(expect.arrayContaining(['ScaledUp', 'ScaledDown']));
  },
);
