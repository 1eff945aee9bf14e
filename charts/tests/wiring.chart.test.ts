/** What refers to something finds it: selectors, ports, Secrets, mounts, accounts. Names fit, and are nobody else's. */
import type {
  V1ClusterRoleBinding,
  V1Deployment,
  V1NetworkPolicy,
  V1PodDisruptionBudget,
  V1Service,
} from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { type Manifest, named, one, render } from './helm.ts';
import { type Pod, podsOf, selects } from './pods.ts';
import { variantNames, variants } from './variants.ts';

/** What the variants say is there already. */
const external = ['managed-redis', 'supabase-key', 'supabase-database', 'gemini', 'certificates', 'registry'];

const ofKind = <T>(manifests: readonly Manifest[], kind: string) =>
  manifests.filter((manifest) => manifest.kind === kind) as (Manifest & T)[];

test.each(variantNames)('a Deployment has the pods that it selects, and no other: %s', async (variant) => {
  const manifests = await render(variants[variant]);
  const pods = podsOf(manifests);
  for (const { metadata, spec } of ofKind<V1Deployment>(manifests, 'Deployment'))
    expect(selected(pods, spec?.selector.matchLabels)).toEqual([`Deployment ${metadata.name}`]);
});

test.each(variantNames)('a Service finds pods, and its ports are theirs: %s', async (variant) => {
  const manifests = await render(variants[variant]);
  for (const { metadata, spec } of ofKind<V1Service>(manifests, 'Service')) {
    const found = podsOf(manifests).filter(({ labels }) => selects(spec?.selector, labels));
    expect(found, metadata.name).toHaveLength(1);
    const ports = found.flatMap(({ containers }) =>
      containers.flatMap(({ ports = [] }) => ports.map(({ name }) => name)),
    );
    expect(ports).toEqual(expect.arrayContaining((spec?.ports ?? []).map(({ targetPort }) => targetPort)));
  }
});

test.each(variantNames)(
  'each of our processes has a budget for drains, which always lets one pod go: %s',
  async (variant) => {
    const manifests = await render(variants[variant]);
    const budgets = ofKind<V1PodDisruptionBudget>(manifests, 'PodDisruptionBudget');
    const guarded = budgets.flatMap(({ spec }) => selected(podsOf(manifests), spec?.selector?.matchLabels));
    expect(guarded.toSorted()).toEqual([
      'Deployment tasks-api',
      'Deployment tasks-operator',
      'Deployment tasks-worker',
    ]);
    for (const { spec } of budgets) expect(spec).toMatchObject({ maxUnavailable: 1 });
    expect(budgets.flatMap(({ spec }) => (spec && 'minAvailable' in spec ? [spec] : []))).toEqual([]);
  },
);

test('a budget can be left out, or be a percentage', async () => {
  const manifests = await render({
    api: { podDisruptionBudget: { enabled: false } },
    worker: { podDisruptionBudget: { maxUnavailable: '25%' } },
  });
  expect(named(manifests, 'PodDisruptionBudget')).toEqual(['tasks-operator', 'tasks-worker']);
  expect(one<V1PodDisruptionBudget>(manifests, 'PodDisruptionBudget', 'tasks-worker').spec).toMatchObject({
    maxUnavailable: '25%',
  });
});

test.each(variantNames)('what a pod refers to is of the release, or was said to be there: %s', async (variant) => {
  const manifests = await render(variants[variant]);
  const present = new Set([...manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`)]);
  const missing = podsOf(manifests)
    .flatMap(referencesOf)
    .filter((reference) => !present.has(reference) && !external.includes(reference.split('/')[1] ?? ''));
  expect(missing).toEqual([]);
});

test.each(variantNames)('a key that a pod wants of a Secret of the release is in it: %s', async (variant) => {
  const manifests = await render(variants[variant]);
  const secrets = ofKind<{ stringData: Record<string, string> }>(manifests, 'Secret');
  const wanted = podsOf(manifests).flatMap(({ containers }) =>
    containers.flatMap(({ env = [] }) => env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? [])),
  );
  const own = wanted.filter(({ name }) => !external.includes(name ?? ''));
  for (const { name, key } of own)
    expect(Object.keys(secrets.find(({ metadata }) => metadata.name === name)?.stringData ?? {})).toContain(key);
});

test.each(variantNames)('a mount has its volume, and a volume its mount: %s', async (variant) => {
  for (const { owner, spec, containers } of podsOf(await render(variants[variant]))) {
    const mounted = containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name));
    expect(new Set(mounted), owner).toEqual(new Set((spec.volumes ?? []).map(({ name }) => name)));
  }
});

test.each(variantNames)(
  'a policy is about pods of the release, and allows ports that they have: %s',
  async (variant) => {
    const manifests = await render(variants[variant]);
    for (const { metadata, spec } of ofKind<V1NetworkPolicy>(manifests, 'NetworkPolicy')) {
      const [pod, ...others] = podsOf(manifests).filter(({ labels }) =>
        selects(spec?.podSelector?.matchLabels, labels),
      );
      expect(others, metadata.name).toEqual([]);
      const ports = pod?.containers.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort));
      const allowed = (spec?.ingress ?? []).flatMap(({ ports = [] }) => ports.map(({ port }) => port));
      expect(ports).toEqual(expect.arrayContaining(allowed));
    }
  },
);

/** Probes, limits, a tag: what a linter of manifests asks for. */
test.each(variantNames)(
  'each container says what it needs, which image it is, and when it is well: %s',
  async (variant) => {
    for (const { owner, spec, containers } of podsOf(await render(variants[variant]))) {
      for (const container of containers) {
        expect(container.resources, owner).toMatchObject({
          requests: { cpu: expect.anything(), memory: expect.anything() },
        });
        expect(container.resources?.limits, owner).toHaveProperty('memory');
        expect(container.image, owner).toMatch(/(:[\w][\w.-]*|@sha256:[0-9a-f]{64})$/);
        expect(container.image, owner).not.toMatch(/:latest$/);
      }
      if (owner.startsWith('Job ')) continue;
      for (const container of spec.containers) {
        expect(container.startupProbe, owner).toBeDefined();
        expect(container.readinessProbe, owner).toBeDefined();
        expect(container.livenessProbe, owner).toBeDefined();
      }
    }
  },
);

test.each([
  ['t'.repeat(53), {}],
  ['tasks.of.everybody', {}],
  ['tasks', { fullnameOverride: 's'.repeat(60) }],
])('names have at most 63 characters, and no dot where a Service may have none: %s', async (release, values) => {
  const manifests = await render({ ...variants['production with everything on'], ...values }, release);
  const own = manifests.filter(({ kind }) => !kind.startsWith('ClusterRole'));
  for (const { metadata } of own) expect(metadata.name).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/);
  const labels = manifests.flatMap(({ metadata }) => Object.values(metadata.labels ?? {}));
  for (const label of labels) expect(label).toMatch(/^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/);
});

test.each([
  ['tasks', 'tasks2'],
  [`${'t'.repeat(45)}-a`, `${'t'.repeat(45)}-b`],
  ['tasks.a', 'tasks-a'],
])('two releases in one namespace have nothing in common: %s and %s', async (first, second) => {
  const [of, other] = await Promise.all([first, second].map((release) => render({}, release)));
  const names = (manifests: Manifest[] = []) => manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  expect(names(of).filter((name) => names(other).includes(name))).toEqual([]);
  for (const { spec } of ofKind<V1Deployment>(of ?? [], 'Deployment'))
    expect(selected(podsOf(other ?? []), spec?.selector.matchLabels)).toEqual([]);
});

test('what is cluster-wide has the namespace in its name', async () => {
  const manifests = await render();
  const [binding] = ofKind<V1ClusterRoleBinding>(manifests, 'ClusterRoleBinding');
  expect(binding?.metadata.name).toBe('story-tasks:stories:tasks:tokenreviews');
  expect(binding?.subjects).toEqual([{ kind: 'ServiceAccount', name: 'tasks-api', namespace: 'stories' }]);
});

function selected(pods: readonly Pod[], selector: Readonly<Record<string, string>> | undefined): string[] {
  return pods.filter(({ labels }) => selects(selector, labels)).map(({ owner }) => owner);
}

/** As Secret/name. */
function referencesOf({ spec, containers }: Pod): string[] {
  const variables = containers.flatMap(({ env = [] }) => env.flatMap(({ valueFrom }) => valueFrom ?? []));
  const volumes = spec.volumes ?? [];
  return [
    ...variables.flatMap(({ secretKeyRef }) => (secretKeyRef ? [`Secret/${secretKeyRef.name}`] : [])),
    ...variables.flatMap(({ configMapKeyRef }) => (configMapKeyRef ? [`ConfigMap/${configMapKeyRef.name}`] : [])),
    ...volumes.flatMap(({ configMap }) => (configMap ? [`ConfigMap/${configMap.name}`] : [])),
    ...volumes.flatMap(({ persistentVolumeClaim: claim }) =>
      claim ? [`PersistentVolumeClaim/${claim.claimName}`] : [],
    ),
    ...(spec.imagePullSecrets ?? []).map(({ name }) => `Secret/${name}`),
    ...(spec.serviceAccountName ? [`ServiceAccount/${spec.serviceAccountName}`] : []),
  ];
}
