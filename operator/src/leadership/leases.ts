/** The Lease as the Kubernetes API keeps it. */
import { type V1Lease, V1MicroTime } from '@kubernetes/client-node';
import type { Kubernetes } from '@story-tasks/runtime/kubernetes';
import { calling } from '../kubernetesCalls.ts';
import { KubernetesCallError } from '../kubernetesErrors.ts';
import type { LeaseRecord } from './decideLeadership.ts';

export type LeaseContent = Pick<LeaseRecord, 'holder' | 'durationSeconds' | 'transitions'>;

/** Writes answer null when somebody else wrote in between: look again. All reject with KubernetesCallError. */
export interface Leases {
  /** Null: there is none. */
  read(): Promise<LeaseRecord | null>;
  create(content: LeaseContent): Promise<LeaseRecord | null>;
  /** @param seen only what was seen is replaced */
  replace(seen: LeaseRecord, content: LeaseContent): Promise<LeaseRecord | null>;
}

/** @param date milliseconds since the epoch, for whoever reads the Lease; nothing is decided by it */
export function kubernetesLeases(
  { coordination }: Pick<Kubernetes, 'coordination'>,
  namespace: string,
  name: string,
  date: () => number,
): Leases {
  /** Of the Lease that was read last: what others wrote on it stays. */
  let last: V1Lease | undefined;
  const bodyOf = ({ holder, durationSeconds, transitions }: LeaseContent, resourceVersion?: string): V1Lease => {
    const now = new V1MicroTime(date());
    const isNewTerm = last?.spec?.leaseTransitions !== transitions;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...last?.metadata, name, namespace, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
      spec: {
        ...last?.spec,
        holderIdentity: holder,
        leaseDurationSeconds: durationSeconds,
        leaseTransitions: transitions,
        renewTime: now,
        ...(isNewTerm ? { acquireTime: now } : {}),
      },
    };
  };
  const keep = (lease: V1Lease | null): LeaseRecord | null => {
    last = lease ?? undefined;
    return lease && recordOf(lease);
  };
  return {
    read: async () =>
      keep(await unless(404, calling('get leases', coordination.readNamespacedLease({ namespace, name })))),
    async create(content) {
      last = undefined;
      const body = bodyOf(content);
      return keep(await unless(409, calling('create leases', coordination.createNamespacedLease({ namespace, body }))));
    },
    async replace({ resourceVersion }, content) {
      const body = bodyOf(content, resourceVersion);
      const call = coordination.replaceNamespacedLease({ namespace, name, body });
      return keep(await unless(409, calling('update leases', call)));
    },
  };
}

/** @returns null for the one status that is an answer */
async function unless<T>(status: number, call: Promise<T>): Promise<T | null> {
  return call.catch((error: unknown) => {
    if (error instanceof KubernetesCallError && error.status === status) return null;
    throw error;
  });
}

function recordOf({ metadata, spec }: V1Lease): LeaseRecord {
  return {
    holder: spec?.holderIdentity ?? '',
    durationSeconds: spec?.leaseDurationSeconds ?? 0,
    transitions: spec?.leaseTransitions ?? 0,
    // Read as text, whatever the library says: it is only compared.
    renewTime: String(spec?.renewTime ?? ''),
    resourceVersion: metadata?.resourceVersion ?? '',
  };
}
