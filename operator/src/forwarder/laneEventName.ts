/** Under which name an event of BullMQ is counted. */
import type { LaneEvent } from '@story-tasks/runtime';

/** Of BullMQ's names, those that say what became of a job. Those of a lane as a whole (drained, paused, …) do not. */
const counted: Readonly<Record<string, string>> = {
  added: 'added',
  active: 'started',
  delayed: 'delayed',
  failed: 'failed',
  stalled: 'stalled',
  removed: 'removed',
};

/** How a processor says that its job ended, when it did not fail. */
const outcomes = ['succeeded', 'cancelled', 'refused', 'stale', 'unwritten'];

/** @returns null for what is not counted */
export function laneEventName({ fields }: LaneEvent): string | null {
  const { event = '', prev, returnvalue } = fields;
  if (event === 'completed') return outcomeIn(returnvalue);
  // A job that waits after it was active was given back; one that waits for the first time was `added`.
  if (event === 'waiting') return prev === 'active' ? 'returned' : null;
  return counted[event] ?? null;
}

/** The first word of `{"outcome": "refused: terminal"}`. */
function outcomeIn(returnvalue: string | undefined): string {
  const outcome = /^\{"outcome":"(\w+)/.exec(returnvalue ?? '')?.[1] ?? '';
  return outcomes.includes(outcome) ? outcome : 'completed';
}
