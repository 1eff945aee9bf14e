/** Cancelling a task whose model call is in flight. */
import { expect } from 'vitest';
import { percentile, tellFigures } from '../src/figures.ts';
import { scenario } from '../src/scenario.ts';

const times = 50;

scenario('a task is cancelled in mid-call, at once', { timeout: 400_000 }, async (system) => {
  const storyId = await system.newStory('Cancelled in mid-call');
  const waits: number[] = [];
  for (let time = 0; time < times; time++) {
    const taskId = await system.constitutionTask(storyId);
    await system.running(taskId);
    const { task } = await system.api.cancel(taskId, { reason: 'no longer wanted' });
    const ended = await system.ended(task.id);
    expect(ended).toMatchObject({ status: 'cancelled', cancelReason: 'no longer wanted' });
    waits.push(Date.parse(ended.finishedAt ?? '') - Date.parse(ended.cancelRequestedAt ?? ''));
  }
  tellFigures('cancel accepted → terminal, by the clock of the database', waits);
  expect(percentile(waits, 0.99)).toBeLessThan(5_000);
});
