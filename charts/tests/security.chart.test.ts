/** The Pod Security level `restricted`, rule by rule (Kubernetes, Pod Security Standards), for every pod there can be. */
import type { V1Container } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { render } from './helm.ts';
import { type Pod, podsOf } from './pods.ts';
import { variantNames, variants } from './variants.ts';

/** The kinds of volumes that the level admits. */
const admitted = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

function violations({ spec }: Pod, container: V1Container): string[] {
  const own = container.securityContext;
  const rules: Readonly<Record<string, boolean>> = {
    'runs as nobody in particular':
      spec.securityContext?.runAsNonRoot === true && (spec.securityContext.runAsUser ?? 0) > 0,
    'has a seccomp profile': spec.securityContext?.seccompProfile?.type === 'RuntimeDefault',
    'cannot gain privileges': own?.allowPrivilegeEscalation === false && own.privileged !== true,
    'drops all capabilities': own?.capabilities?.drop?.join() === 'ALL' && own.capabilities.add === undefined,
    'shares nothing with its node': !(spec.hostNetwork || spec.hostPID || spec.hostIPC),
    'has no port of its node': (container.ports ?? []).every(({ hostPort }) => hostPort === undefined),
    'mounts what is admitted': (spec.volumes ?? []).every((volume) =>
      Object.keys(volume).every((kind) => kind === 'name' || admitted.includes(kind)),
    ),
    // Beyond the level: ours.
    'has a root file system that nobody writes to': own?.readOnlyRootFilesystem === true,
  };
  return Object.entries(rules).flatMap(([rule, holds]) => (holds ? [] : [`${container.name}: ${rule}`]));
}

test.each(variantNames)('every pod of a release is admitted at the level restricted: %s', async (variant) => {
  const pods = podsOf(await render(variants[variant]));
  expect(pods.length).toBeGreaterThanOrEqual(3);
  expect(pods.flatMap((pod) => pod.containers.flatMap((container) => violations(pod, container)))).toEqual([]);
});

test.each(variantNames)(
  'a token is mounted where the Kubernetes API is asked, and nowhere else: %s',
  async (variant) => {
    const tokens = podsOf(await render(variants[variant])).filter(
      ({ spec }) => spec.automountServiceAccountToken !== false,
    );
    expect(tokens.map(({ labels }) => labels['app.kubernetes.io/component']).toSorted()).toEqual([
      'api',
      'operator',
      'worker',
    ]);
  },
);
