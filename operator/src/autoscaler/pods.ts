/** Worker pods as a ReplicaSet sees them when it has to take some away. */

export interface WorkerPod {
  /** Also the worker's id on leases. */
  readonly name: string;
  readonly replicaSet: string;
  /** To a node. */
  readonly isAssigned: boolean;
  readonly phase: 'Pending' | 'Unknown' | 'Running';
  readonly isReady: boolean;
  /** False: none of its containers runs at this moment, so that nothing is in flight in it. */
  readonly isRunning: boolean;
  /** Milliseconds since the epoch, by the API server's clock. */
  readonly createdAt: number;
  /** The annotation controller.kubernetes.io/pod-deletion-cost; 0 where there is none. */
  readonly deletionCost: number;
}

/**
 * A ReplicaSet takes away unassigned pods first, then pending ones, then those in an unknown phase, then those that are not
 * ready, whatever their deletion cost, which only counts among equals (kubernetes/pkg/controller, ActivePodsWithRanks).
 */
export function removalRank({ isAssigned, phase, isReady }: WorkerPod): number {
  if (!isAssigned) return 0;
  if (phase === 'Pending') return 1;
  if (phase === 'Unknown') return 2;
  return isReady ? 4 : 3;
}

/** The order in which a ReplicaSet takes them, as far as it is fixed; nothing is relied upon among equals. */
export function inRemovalOrder(pods: readonly WorkerPod[]): WorkerPod[] {
  return [...pods].sort((a, b) => removalRank(a) - removalRank(b) || a.deletionCost - b.deletionCost);
}

/** How many of the pods that go first may go: the count ends before the first that may not. */
export function safeRemovals(pods: readonly WorkerPod[], maySafelyGo: (pod: WorkerPod) => boolean): number {
  const unsafe = inRemovalOrder(pods).findIndex((pod) => !maySafelyGo(pod));
  return unsafe === -1 ? pods.length : unsafe;
}
