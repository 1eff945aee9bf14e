/**
 * Takes workers away: chosen, cordoned, confirmed, marked, looked at again, and only then asked of the Deployment. Whatever goes
 * wrong on the way leaves more workers than wanted, and never one at work fewer.
 */
import { type Clock, pause } from '@story-tasks/contracts';
import { KubernetesCallError } from '../kubernetesErrors.ts';
import type { WorkerCluster, WorkerDeployment } from './cluster.ts';
import type { Cordons } from './cordons.ts';
import { type Busy, decideVictims, deletionCostOf } from './decideVictims.ts';
import { announced, type Status, statusOf } from './deploymentRecord.ts';
import { inRemovalOrder, safeRemovals, type WorkerPod } from './pods.ts';
import type { Reason } from './reasons.ts';

export interface SeenWorkers {
  readonly deployment: WorkerDeployment;
  readonly pods: readonly WorkerPod[];
  readonly busy: Busy;
}

export interface ScaleDownDependencies {
  readonly cluster: WorkerCluster;
  readonly cordons: Cordons;
  /** Everything anew, or why a part of it could not be read. */
  readonly look: () => Promise<(SeenWorkers & { readonly desired: number }) | Reason>;
  readonly clock: Clock;
}

export interface ScaleDownResult {
  readonly reason: Reason;
  /** What is asked for now; null: as before. */
  readonly target: number | null;
}

/** What does not confirm within this is left out, in milliseconds. */
const confirmWithinMs = 5_000;
/** Until whoever takes the pods away has surely seen their new costs, in milliseconds: it looks at a copy. */
const costsSeenMs = 500;

const nothing = (reason: Reason): ScaleDownResult => ({ reason, target: null });

/**
 * @param wanted fewer than there are
 * @param signal aborted: more are wanted again
 * @throws KubernetesCallError
 */
export async function scaleDown(
  seen: SeenWorkers,
  wanted: number,
  given: ScaleDownDependencies,
  signal: AbortSignal,
): Promise<ScaleDownResult> {
  const { victims, target, reason } = decideVictims(seen.pods, seen.busy, seen.deployment.replicas, wanted);
  if (target === seen.deployment.replicas) return nothing(reason);
  const going = new Set<string>();
  try {
    return await takeAway(seen, victims, wanted, given, signal, going);
  } finally {
    await given.cordons.lift(victims.map(({ name }) => name).filter((name) => !going.has(name)));
  }
}

/** @param going filled with those that may be taken away from now on */
async function takeAway(
  seen: SeenWorkers,
  victims: readonly WorkerPod[],
  wanted: number,
  given: ScaleDownDependencies,
  signal: AbortSignal,
  going: Set<string>,
): Promise<ScaleDownResult> {
  const { cluster, cordons, clock } = given;
  const running = victims.filter(({ isRunning }) => isRunning).map(({ name }) => name);
  if (running.length > 0) await cordons.ask(running, confirmWithinMs, signal);
  const doesNothing = ({ name, isRunning }: WorkerPod) => !isRunning || cordons.isIdle(name);
  const marked = victims.filter(doesNothing);
  if (victims.length > 0 && marked.length === 0) return nothing(signal.aborted ? 'wanted_again' : 'unconfirmed');
  if (await writeCosts(seen.pods, marked, seen.busy, cluster)) {
    await pause(clock, costsSeenMs, signal).catch(() => undefined);
  }
  const now = await given.look();
  if (typeof now === 'string') return nothing(now);
  if (signal.aborted || now.desired > wanted) return nothing('wanted_again');
  const { replicas } = now.deployment;
  if (replicas !== seen.deployment.replicas) return nothing('conflict');
  if (now.pods.length > replicas) return nothing('settling');
  const isMarked = ({ name }: WorkerPod) => marked.some((pod) => pod.name === name);
  const maySafelyGo = (pod: WorkerPod) => isMarked(pod) && doesNothing(pod) && !now.busy.has(pod.name);
  const target = Math.max(wanted, now.pods.length - safeRemovals(now.pods, maySafelyGo));
  if (target >= replicas) return nothing(marked.every(doesNothing) ? 'unready_pod' : 'unconfirmed');
  for (const { name } of inRemovalOrder(now.pods).slice(0, Math.max(0, now.pods.length - target))) going.add(name);
  await ask(cluster, now.deployment, target, { desired: now.desired, reason: 'scale_down' }, clock, going);
  return { reason: 'scale_down', target };
}

/** A refusal leaves everything as it was; without an answer nobody knows, so that those that may go stay cordoned. */
async function ask(
  cluster: WorkerCluster,
  deployment: WorkerDeployment,
  target: number,
  status: Status,
  clock: Clock,
  going: Set<string>,
): Promise<void> {
  try {
    const annotations = { ...announced(deployment.replicas, target), ...statusOf(status, clock.date()) };
    await cluster.scale(await cluster.annotate(deployment, annotations), target);
  } catch (error) {
    if (isRefusal(error)) going.clear();
    throw error;
  }
}

/** Of a call that writes: it was surely not carried out. */
export const isRefusal = (error: unknown) =>
  !(error instanceof KubernetesCallError) || (error.status !== null && error.status < 500);

/** @returns whether any was written; only what changes is */
export async function writeCosts(
  pods: readonly WorkerPod[],
  victims: readonly WorkerPod[],
  busy: Busy,
  cluster: Pick<WorkerCluster, 'setDeletionCost'>,
): Promise<boolean> {
  const changes = pods
    .map((pod) => ({ pod, cost: deletionCostOf(pod, victims, busy) }))
    .filter(({ pod, cost }) => cost !== pod.deletionCost);
  for (const { pod, cost } of changes) await unlessGone(cluster.setDeletionCost(pod, cost));
  return changes.length > 0;
}

/** A pod that went meanwhile has no cost to keep. */
async function unlessGone(written: Promise<void>): Promise<void> {
  await written.catch((error: unknown) => {
    if (!(error instanceof KubernetesCallError && error.status === 404)) throw error;
  });
}
