/** The node is emptied of workers, as before its maintenance. */
import { expect } from 'vitest';
import { releaseName } from '../src/release.ts';
import { run } from '../src/run.ts';
import { scenario } from '../src/scenario.ts';

scenario('a drain of the workers hands their stories over', { timeout: 400_000 }, async (system) => {
  const storyId = await system.newStory('Drained');
  await system.ended(await system.constitutionTask(storyId));
  const taskId = await system.scriptTask(storyId);
  await system.running(taskId);
  const [pod] = await system.pods('worker');
  const node = String(pod?.['spec'].nodeName);
  const selector = `app.kubernetes.io/instance=${releaseName},app.kubernetes.io/component=worker`;
  try {
    await run('kubectl', [
      'drain',
      node,
      `--pod-selector=${selector}`,
      '--ignore-daemonsets',
      '--delete-emptydir-data',
      '--timeout=120s',
    ]);
  } finally {
    await run('kubectl', ['uncordon', node]);
  }
  expect(await system.ended(taskId, 200_000)).toMatchObject({ status: 'succeeded' });
});
