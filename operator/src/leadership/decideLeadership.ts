/**
 * What to do about the Lease. Its times are another machine's and are never read as times: a record that is seen to change
 * is alive, and one that was not seen to change for its own duration is not. So clocks may be hours apart.
 */

export interface LeaseRecord {
  /** Empty: nobody. */
  readonly holder: string;
  readonly durationSeconds: number;
  /** The epoch. */
  readonly transitions: number;
  /** As it is written: only whether it changes counts. */
  readonly renewTime: string;
  readonly resourceVersion: string;
}

/** A record, and since when it has not changed by the clock of this process, in milliseconds. */
export interface SeenLease {
  readonly record: LeaseRecord;
  readonly since: number;
}

export type LeadershipDecision =
  | { readonly action: 'create' | 'takeOver'; readonly epoch: number }
  | { readonly action: 'renew'; readonly epoch: number }
  | { readonly action: 'wait'; readonly untilFree: number };

/** A label, or whatever else somebody writes on a Lease, is no sign of life. */
export function seeLease(before: SeenLease | null, record: LeaseRecord, now: number): SeenLease {
  const same =
    before !== null &&
    before.record.holder === record.holder &&
    before.record.renewTime === record.renewTime &&
    before.record.transitions === record.transitions;
  return { record, since: same ? before.since : now };
}

/**
 *   the Lease                           | what to do
 *   ------------------------------------|---------------------------------------------------
 *   there is none                       | create it, with an epoch above any before
 *   it is ours                          | renew it, in the same epoch
 *   nobody's: released                  | take it over, in the next epoch
 *   another's, changed of late          | wait, at most until it would be silent for too long
 *   another's, silent for its duration  | take it over, in the next epoch
 *
 * @param identity of this process; never used again by another
 * @param firstEpoch of a Lease that is made
 * @param now on the clock that `since` is of
 */
export function decideLeadership(
  seen: SeenLease | null,
  identity: string,
  firstEpoch: number,
  now: number,
): LeadershipDecision {
  if (seen === null) return { action: 'create', epoch: firstEpoch };
  const { holder, transitions, durationSeconds } = seen.record;
  if (holder === identity) return { action: 'renew', epoch: transitions };
  const untilFree = holder === '' ? 0 : seen.since + durationSeconds * 1_000 - now;
  return untilFree > 0 ? { action: 'wait', untilFree } : { action: 'takeOver', epoch: transitions + 1 };
}
