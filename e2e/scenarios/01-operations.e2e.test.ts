/** A client in the cluster, with nothing but its ServiceAccount's token, makes a story from a premise and plays it. */
import { expect } from 'vitest';
import { scenario } from '../src/scenario.ts';
import { timeouts } from '../src/timeouts.ts';

scenario(
  'a pod with a ServiceAccount token runs all three operations to success',
  { timeout: 240_000 },
  async (system) => {
    const storyId = await system.newStory('All three operations');
    await system.ended(await system.constitutionTask(storyId));
    await system.ended(await system.scriptTask(storyId));
    const regenerated = await system.api.create({ operation: 'REGENERATE_CONSTITUTION', storyId });
    expect(await system.ended(regenerated.taskId)).toMatchObject({ status: 'succeeded', progress: 100 });
    const built = await system.api.create({ operation: 'BUILD_PLAYER_BUNDLE', storyId });
    expect(await system.ended(built.taskId, timeouts.task)).toMatchObject({ status: 'succeeded', progress: 100 });
    expect(await system.api.getBundle(storyId)).toContain('<!doctype html>');
  },
);
