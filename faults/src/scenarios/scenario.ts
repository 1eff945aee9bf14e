/** What a fault's file says: its number, its name, and its rounds, each made only when the one before is over. */
import type { Round } from '../rounds/round.ts';

interface ScenarioRound {
  readonly name: string;
  readonly act: (round: Round) => Promise<void>;
}

/** How many points of a sweep are played: all of them, or so many spread over it. */
export type Sweep = 'full' | number;

export interface Scenario {
  readonly fault: string;
  readonly title: string;
  rounds(sweep: Sweep): Iterable<ScenarioRound>;
}

/** The points of 0..count-1 that a sweep plays. */
export function sweepPoints(sweep: Sweep, count: number): number[] {
  const wanted = sweep === 'full' ? count : Math.min(sweep, count);
  const points = Array.from({ length: wanted }, (_, index) => Math.floor((index * count) / wanted));
  return [...new Set(points)];
}
