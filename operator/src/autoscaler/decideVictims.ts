/** Which pods go when there are too many, so that none that is at work goes. */
import { removalRank, safeRemovals, type WorkerPod } from './pods.ts';
import type { Reason } from './reasons.ts';

export interface VictimsDecision {
  /** In the order in which they are to go. */
  readonly victims: readonly WorkerPod[];
  /** How many may be asked for when the victims can go; as many as now: nothing is to be done. */
  readonly target: number;
  /** Why there are not as few as was wanted. */
  readonly reason: Extract<Reason, 'settling' | 'rolling_out' | 'all_busy' | 'unready_pod' | 'scale_down'>;
}

/** How long each busy worker has been at work, in milliseconds. */
export type Busy = ReadonlyMap<string, number>;

/**
 *   there are more pods than asked for         none  settling: some are about to go already
 *   they are of two versions                   none  rolling_out: which ReplicaSet would take them is not known
 *   each holds a live lease                    none  all_busy
 *   one that holds a lease is not ready        none  unready_pod: it would go before any ready one
 *   otherwise                                  those without a lease: not ready before ready, then the youngest
 *
 * @param replicas that the Deployment asks for
 * @param wanted fewer
 */
export function decideVictims(
  pods: readonly WorkerPod[],
  busy: Busy,
  replicas: number,
  wanted: number,
): VictimsDecision {
  const none = (reason: VictimsDecision['reason']) => ({ victims: [], target: replicas, reason });
  if (pods.length > replicas) return none('settling');
  if (new Set(pods.map(({ replicaSet }) => replicaSet)).size > 1) return none('rolling_out');
  const excess = Math.max(0, pods.length - wanted);
  const chosen = idleOf(pods, busy).slice(0, excess);
  const victims = chosen.slice(
    0,
    safeRemovals(withMarks(pods, chosen), (pod) => isAmong(chosen, pod)),
  );
  const target = Math.max(wanted, pods.length - victims.length);
  if (target < replicas) return { victims, target, reason: 'scale_down' };
  return none(chosen.length === 0 ? 'all_busy' : 'unready_pod');
}

const isAmong = (pods: readonly WorkerPod[], { name }: WorkerPod) => pods.some((pod) => pod.name === name);

function idleOf(pods: readonly WorkerPod[], busy: Busy): WorkerPod[] {
  return pods.filter(({ name }) => !busy.has(name)).sort(byWhoGoesFirst);
}

function byWhoGoesFirst(a: WorkerPod, b: WorkerPod): number {
  return removalRank(a) - removalRank(b) || b.createdAt - a.createdAt || a.name.localeCompare(b.name);
}

/** Far below what anybody gives by hand; the victims differ, so that which of them go is known. */
const lowestCost = -1_000_000;
const most = 10_000;

export const isMarked = ({ deletionCost }: WorkerPod): boolean => deletionCost < lowestCost + most;

/** The pods with the costs that mark the victims. */
function withMarks(pods: readonly WorkerPod[], victims: readonly WorkerPod[]): WorkerPod[] {
  return pods.map((pod) => ({ ...pod, deletionCost: deletionCostOf(pod, victims, new Map()) }));
}

/**
 * Victims lowest, idle ones 0, busy ones more the longer they are at work; in steps that double, so that a pod is not written
 * to all the time.
 */
export function deletionCostOf({ name }: Pick<WorkerPod, 'name'>, victims: readonly WorkerPod[], busy: Busy): number {
  const place = victims.findIndex((victim) => victim.name === name);
  if (place !== -1) return lowestCost + place;
  const busyMs = busy.get(name);
  return busyMs === undefined ? 0 : 1 + Math.floor(Math.log2(1 + busyMs / 60_000));
}
