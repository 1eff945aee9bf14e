/**
 * Whether the number of workers is ours to change. Whoever else changes it has a reason, and two that change it in turn
 * would start and stop workers for ever: so a change that we did not make is left alone for a while, and longer each time.
 */

/** What was last written, as the Deployment has it beside its replicas. */
export interface Wrote {
  readonly to: number;
  /** Of a write that was announced and may not have been carried out. */
  readonly from: number | null;
}

export interface HoldObservation {
  readonly replicas: number;
  /** Null: nothing yet. */
  readonly wrote: Wrote | null;
  /** The annotation story-tasks/autoscaling. */
  readonly asked: string | undefined;
}

/** Times are on a clock that never goes back, in milliseconds. */
export interface HoldState {
  /** Changes of somebody else, one soon after the other. */
  readonly changes: number;
  /** What the latest one asked for; null: none is held. */
  readonly replicas: number | null;
  readonly seenAt: number;
}

export interface HoldDecision {
  readonly hold: 'paused' | 'foreign_change' | null;
  /** The replicas as they are count as ours from now on: note that on the Deployment. */
  readonly adopt: boolean;
  /** Somebody asked to go on: take the annotation away, so that it counts once. */
  readonly resumed: boolean;
  /** In milliseconds, when this change was not seen before; null: nothing to tell. */
  readonly newHoldMs: number | null;
  readonly state: HoldState;
}

const firstHoldMs = 5 * 60_000;
const longestHoldMs = 60 * 60_000;
/** After a hold; then the next change counts as the first. */
const forgottenAfterMs = 60 * 60_000;

export const noHold: HoldState = { changes: 0, replicas: null, seenAt: 0 };

/** Of the n-th change. */
const holdMsOf = (changes: number): number => Math.min(firstHoldMs * 2 ** (changes - 1), longestHoldMs);

/**
 *   asked    | replicas                               | hold            | then
 *   ---------|----------------------------------------|-----------------|--------------------------------------------
 *   paused   | any                                    | paused          | they count as ours
 *   resume   | any                                    | none            | they count as ours, the annotation goes
 *   –        | nothing was ever written               | none            | they count as ours
 *   –        | as written, or as before that write    | none            |
 *   –        | others, seen for less than the hold    | foreign_change  |
 *   –        | others, seen for longer                | none            | they count as ours
 *
 * The hold is 5 minutes for the first change, twice as long for each that follows within an hour of the end of a hold, and
 * an hour at most: an HPA or a person that keeps at it has the number for nearly all of the time.
 */
export function decideHold(observed: HoldObservation, before: HoldState, now: number): HoldDecision {
  const { replicas, wrote, asked } = observed;
  const isOurs = wrote !== null && (replicas === wrote.to || replicas === wrote.from);
  const free = { hold: null, adopt: !isOurs, resumed: false, newHoldMs: null, state: { ...before, replicas: null } };
  if (asked === 'paused') return { ...free, hold: 'paused', adopt: replicas !== wrote?.to, state: noHold };
  if (asked === 'resume') return { ...free, resumed: true, state: noHold };
  if (wrote === null || isOurs) return free;
  if (replicas === before.replicas) {
    const isOver = now - before.seenAt >= holdMsOf(before.changes);
    return isOver ? free : { ...free, hold: 'foreign_change', adopt: false, state: before };
  }
  const changes = isForgotten(before, now) ? 1 : before.changes + 1;
  const state = { changes, replicas, seenAt: now };
  return { ...free, hold: 'foreign_change', adopt: false, newHoldMs: holdMsOf(changes), state };
}

function isForgotten({ changes, seenAt }: HoldState, now: number): boolean {
  return changes === 0 || now - seenAt >= holdMsOf(changes) + forgottenAfterMs;
}
