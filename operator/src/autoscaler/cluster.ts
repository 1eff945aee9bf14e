/** What the autoscaler needs of Kubernetes; every method rejects with KubernetesCallError. */
import type { WorkerPod } from './pods.ts';

/** The Deployment of the workers as it was read: a write that names it is refused when it has changed since. */
export interface WorkerDeployment {
  readonly resourceVersion: string;
  readonly uid: string;
  /** That it asks for. */
  readonly replicas: number;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface WorkerCluster {
  read(): Promise<{ readonly deployment: WorkerDeployment; readonly pods: readonly WorkerPod[] }>;
  /** @param annotations null: it goes @returns the Deployment as it is then */
  annotate(seen: WorkerDeployment, annotations: Readonly<Record<string, string | null>>): Promise<WorkerDeployment>;
  scale(seen: WorkerDeployment, replicas: number): Promise<void>;
  setDeletionCost(pod: WorkerPod, cost: number): Promise<void>;
  /** An Event on the Deployment. */
  tell(seen: WorkerDeployment, event: WorkerEvent): Promise<void>;
}

export interface WorkerEvent {
  readonly reason: 'ScaledUp' | 'ScaledDown' | 'ForeignChange';
  readonly message: string;
}

export const annotationNames = {
  /** For people: `paused`, or `resume`. */
  asked: 'story-tasks/autoscaling',
  /** What was written last: `3`, or `5 -> 3` while that is under way. */
  wrote: 'story-tasks/autoscaler-replicas',
  desired: 'story-tasks/autoscaler-desired',
  reason: 'story-tasks/autoscaler-reason',
  at: 'story-tasks/autoscaler-at',
} as const;
