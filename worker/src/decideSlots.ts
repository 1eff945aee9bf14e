/** How many runs of an operation this process may have at once, at this moment. */
import type { OperationSettings } from '@story-tasks/contracts';

export interface SlotsObservation {
  /** The process was told to stop. */
  readonly draining: boolean;
  readonly cordoned: boolean;
  readonly settings: Pick<OperationSettings, 'concurrency' | 'paused'>;
}

export function decideSlots({ draining, cordoned, settings }: SlotsObservation): number {
  return draining || cordoned || settings.paused ? 0 : settings.concurrency;
}

/**
 * How a pool comes to its size. Whoever leaves with a job counts until that has ended, so that a figure which was lowered and
 * raised again is not exceeded; and while more run than may, nobody begins another.
 *
 * @param open workers that take jobs
 * @param leaving workers that take none any more, and still have one
 * @returns workers to add; below zero, open ones to dismiss
 */
export function decideResize(open: number, leaving: number, slots: number): number {
  return Math.max(-open, slots - open - leaving) || 0;
}
