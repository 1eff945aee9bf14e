/** The workers' Deployment and its pods, through the Kubernetes API. Loaded in a pod alone. */
import { PatchStrategy, setHeaderOptions, type V1Deployment, type V1Pod } from '@kubernetes/client-node';
import type { Kubernetes } from '@story-tasks/runtime/kubernetes';
import { calling } from '../kubernetesCalls.ts';
import { KubernetesCallError } from '../kubernetesErrors.ts';
import type { WorkerCluster, WorkerDeployment } from './cluster.ts';
import type { WorkerPod } from './pods.ts';

const costAnnotation = 'controller.kubernetes.io/pod-deletion-cost';
const mergePatch = () => setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

/** @param date milliseconds since the epoch, for whoever reads the Events */
export function kubernetesCluster(
  { apps, core }: Pick<Kubernetes, 'apps' | 'core'>,
  namespace: string,
  name: string,
  date: () => number,
): WorkerCluster {
  /** Never changes in the life of a Deployment; known after the first reading, so that the next ask once. */
  let selector: string | undefined;
  const readDeployment = async (): Promise<WorkerDeployment> => {
    const read = await calling('get deployments', apps.readNamespacedDeployment({ namespace, name }));
    selector = selectorOf(read);
    return deploymentOf(read);
  };
  const knownSelector = async (): Promise<string> => {
    if (selector === undefined) await readDeployment();
    // Without one, all pods of the namespace would pass for workers.
    if (!selector) throw new KubernetesCallError('get deployments', null, null);
    return selector;
  };
  const readPods = async (labelSelector: string): Promise<WorkerPod[]> => {
    const { items } = await calling('list pods', core.listNamespacedPod({ namespace, labelSelector }));
    return items.filter(isActive).map(podOf);
  };
  return {
    async read() {
      const labels = await knownSelector();
      const [deployment, pods] = await Promise.all([readDeployment(), readPods(labels)]);
      return { deployment, pods };
    },
    async annotate({ resourceVersion }, annotations) {
      const body = { metadata: { resourceVersion, annotations } };
      const call = apps.patchNamespacedDeployment({ namespace, name, body }, mergePatch());
      return deploymentOf(await calling('patch deployments', call));
    },
    async scale({ resourceVersion }, replicas) {
      const body = { metadata: { name, namespace, resourceVersion }, spec: { replicas } };
      await calling('update deployments/scale', apps.replaceNamespacedDeploymentScale({ namespace, name, body }));
    },
    async setDeletionCost(pod, cost) {
      const body = { metadata: { annotations: { [costAnnotation]: cost === 0 ? null : String(cost) } } };
      await calling('patch pods', core.patchNamespacedPod({ namespace, name: pod.name, body }, mergePatch()));
    },
    async tell({ uid }, { reason, message }) {
      const now = new Date(date());
      const body = {
        metadata: { generateName: `${name}.`, namespace },
        involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name, uid },
        reason,
        message,
        type: reason === 'ForeignChange' ? 'Warning' : 'Normal',
        source: { component: 'story-tasks-operator' },
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      };
      await calling('create events', core.createNamespacedEvent({ namespace, body }));
    },
  };
}

/** The labels alone: the chart's Deployment selects by nothing else. */
function selectorOf({ spec }: V1Deployment): string {
  return Object.entries(spec?.selector?.matchLabels ?? {})
    .map(([label, value]) => `${label}=${value}`)
    .join(',');
}

function deploymentOf({ metadata, spec }: V1Deployment): WorkerDeployment {
  return {
    resourceVersion: metadata?.resourceVersion ?? '',
    uid: metadata?.uid ?? '',
    replicas: spec?.replicas ?? 1,
    annotations: metadata?.annotations ?? {},
  };
}

/** What a ReplicaSet counts. */
function isActive({ metadata, status }: V1Pod): boolean {
  return metadata?.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

function podOf({ metadata, spec, status }: V1Pod): WorkerPod {
  const phase = status?.phase;
  const containers = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return {
    name: metadata?.name ?? '',
    replicaSet: metadata?.ownerReferences?.find(({ controller }) => controller)?.uid ?? '',
    isAssigned: (spec?.nodeName ?? '') !== '',
    phase: phase === 'Running' || phase === 'Unknown' ? phase : 'Pending',
    isReady: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    isRunning: containers.some(({ state }) => state?.running !== undefined),
    createdAt: metadata?.creationTimestamp?.getTime() ?? 0,
    deletionCost: costOf(metadata?.annotations?.[costAnnotation]),
  };
}

/** As a ReplicaSet reads it: what is no whole number counts as 0. */
function costOf(annotation: string | undefined): number {
  return annotation !== undefined && /^-?\d{1,10}$/.test(annotation) ? Number(annotation) : 0;
}
