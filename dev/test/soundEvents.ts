import type { GetTaskAnswer } from '@story-tasks/contracts';
import { expect } from 'vitest';

/** Rules that hold for any task: numbers without a gap, one terminal event, progress that never falls in an attempt. */
export function expectSoundEvents({ events }: GetTaskAnswer): void {
  const oldestFirst = [...events].reverse();
  expect(oldestFirst.map((event) => event.seq)).toEqual(oldestFirst.map((_, index) => index + 1));
  const terminal = oldestFirst.filter((event) => ['succeeded', 'failed', 'cancelled'].includes(event.status ?? ''));
  expect(terminal).toHaveLength(1);
  expect(terminal[0]).toBe(oldestFirst.at(-1));
  let reached = 0;
  for (const { status, progressOverride } of oldestFirst) {
    if (status === 'running') reached = 0;
    if (progressOverride !== null) expect(progressOverride).toBeGreaterThanOrEqual(reached);
    reached = progressOverride ?? reached;
  }
}
