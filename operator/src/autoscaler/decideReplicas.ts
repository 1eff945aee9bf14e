/** How many workers there should be: up at once, down when fewer were wanted for long enough, and a few at a time. */
import type { Reason } from './reasons.ts';

export interface ScalingLimits {
  readonly min: number;
  readonly max: number;
  /** Fewer must have been wanted for so long, in milliseconds. */
  readonly stabilizationMs: number;
  /** Most that are taken away at once. */
  readonly maxPodsDown: number;
  /** Between two times of taking some away, in milliseconds. */
  readonly periodMs: number;
}

export interface ScalingObservation {
  /** Null: the lanes could not be read. */
  readonly demand: number | null;
  /** False: it could not be read who is at work. */
  readonly leasesRead: boolean;
  /** What the Deployment asks for; null: it or its pods could not be read. */
  readonly replicas: number | null;
  /** Why the number is not ours to change now; null: it is. */
  readonly hold: Extract<Reason, 'paused' | 'foreign_change'> | null;
}

/** All times are on a clock that never goes back, in milliseconds. */
export interface ScalingState {
  /** There were recommendations without a gap since. */
  readonly since: number;
  /** Those of the window, oldest first. */
  readonly recommended: readonly { readonly at: number; readonly replicas: number }[];
  readonly lastDownAt: number;
}

export interface ScalingDecision {
  /** What the lanes want, within the limits; null: nobody knows. */
  readonly desired: number | null;
  /** To be asked for; null: leave it. */
  readonly target: number | null;
  readonly reason: Reason;
  readonly state: ScalingState;
}

/** Longer without a recommendation, and what was wanted meanwhile is not known well enough to take workers away. */
const gapMs = 10_000;

/** Of a leader that just began: nothing is taken away before it has seen a whole window. */
export const newScalingState = (now: number): ScalingState => ({ since: now, recommended: [], lastDownAt: now });

export const afterScaleDown = (state: ScalingState, now: number): ScalingState => ({ ...state, lastDownAt: now });

/**
 * The first line that fits counts. `wanted` is the demand within the limits, `highest` the highest of the window.
 *
 *   lanes, leases, Deployment or pods not read           nothing      no_lanes, no_leases, no_deployment
 *   an annotation or somebody else's change holds it     nothing      paused, foreign_change
 *   wanted > replicas                                    to wanted    scale_up
 *   demand > max = replicas                              nothing      at_maximum
 *   wanted = replicas                                    nothing      steady
 *   no whole window yet, or highest >= replicas          nothing      stabilizing
 *   some were taken away within the period               nothing      rate_limited
 *   otherwise                                            to highest, by at most maxPodsDown   scale_down
 */
export function decideReplicas(
  observed: ScalingObservation,
  before: ScalingState,
  limits: ScalingLimits,
  now: number,
): ScalingDecision {
  const { demand, leasesRead, replicas, hold } = observed;
  if (demand === null) return { desired: null, target: null, reason: 'no_lanes', state: before };
  const desired = Math.min(Math.max(demand, limits.min), limits.max);
  const state = recommend(before, desired, limits, now);
  const leave = (reason: Reason) => ({ desired, target: null, reason, state });
  if (!leasesRead) return leave('no_leases');
  if (replicas === null) return leave('no_deployment');
  if (hold !== null) return leave(hold);
  if (desired > replicas) return { desired, target: desired, reason: 'scale_up', state };
  if (demand > limits.max && desired === replicas) return leave('at_maximum');
  if (desired === replicas) return leave('steady');
  const highest = Math.max(...state.recommended.map((each) => each.replicas));
  if (now - state.since < limits.stabilizationMs || highest >= replicas) return leave('stabilizing');
  if (now - state.lastDownAt < limits.periodMs) return leave('rate_limited');
  return { desired, target: Math.max(highest, replicas - limits.maxPodsDown), reason: 'scale_down', state };
}

function recommend(before: ScalingState, replicas: number, limits: ScalingLimits, now: number): ScalingState {
  const last = before.recommended.at(-1)?.at ?? before.since;
  const kept = now - last > gapMs ? [] : before.recommended.filter(({ at }) => now - at < limits.stabilizationMs);
  return {
    ...before,
    since: now - last > gapMs ? now : before.since,
    recommended: [...kept, { at: now, replicas }],
  };
}
