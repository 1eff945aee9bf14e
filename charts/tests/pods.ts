/** The pods of a release. */
import type { V1Container, V1PodSpec, V1PodTemplateSpec } from '@kubernetes/client-node';
import { type Manifest, one } from './helm.ts';

export interface Pod {
  /** Deployment tasks-api */
  readonly owner: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: V1PodSpec;
  /** Init containers among them. */
  readonly containers: readonly V1Container[];
}

export function podsOf(manifests: readonly Manifest[]): Pod[] {
  return manifests.flatMap((manifest) => {
    const template = (manifest as { spec?: { template?: V1PodTemplateSpec } }).spec?.template;
    return template?.spec === undefined ? [] : [podOf(manifest, template)];
  });
}

function podOf({ kind, metadata }: Manifest, template: V1PodTemplateSpec): Pod {
  const spec = template.spec as V1PodSpec;
  return {
    owner: `${kind} ${metadata.name}`,
    labels: template.metadata?.labels ?? {},
    annotations: template.metadata?.annotations ?? {},
    spec,
    containers: [...(spec.initContainers ?? []), ...spec.containers],
  };
}

/** @param name as tasks-api */
export function podOfDeployment(manifests: readonly Manifest[], name: string): Pod {
  const [pod] = podsOf([one(manifests, 'Deployment', name)]);
  if (pod === undefined) throw new Error(`Deployment ${name} has no pods.`);
  return pod;
}

/** Variables of the only container: a value, or `Secret/name/key`, or the path of a field. */
export function environmentOf(pod: Pod): Record<string, string> {
  const [container] = pod.spec.containers;
  const entries = (container?.env ?? []).map(({ name, value, valueFrom }) => {
    const secret = valueFrom?.secretKeyRef;
    const from = secret ? `Secret/${secret.name}/${secret.key}` : valueFrom?.fieldRef?.fieldPath;
    return [name, value ?? from ?? ''] as const;
  });
  return Object.fromEntries(entries);
}

export const selects = (
  selector: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>>,
): boolean => Object.entries(selector ?? {}).every(([name, value]) => labels[name] === value);
