/** Redis goes in the middle of the work. */
import { expect } from 'vitest';
import { releaseName } from '../src/release.ts';
import { scenario } from '../src/scenario.ts';
import { timeouts } from '../src/timeouts.ts';

scenario('a Redis pod that is deleted loses no task', { timeout: 300_000 }, async (system) => {
  const storyIds = await Promise.all(Array.from({ length: 8 }, (_, index) => system.newStory(`Redis ${index}`)));
  const taskIds = await Promise.all(storyIds.map((storyId) => system.constitutionTask(storyId)));
  await system.kubectl.run([
    'delete',
    'pod',
    '-l',
    `app.kubernetes.io/instance=${releaseName},app.kubernetes.io/component=redis`,
  ]);
  for (const taskId of taskIds) {
    expect(await system.ended(taskId, timeouts.scale)).toMatchObject({ status: 'succeeded' });
  }
});
