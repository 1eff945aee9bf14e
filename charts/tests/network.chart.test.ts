/** What may reach the pods, and what they may reach. */
import type {
  V1NetworkPolicy,
  V1NetworkPolicyEgressRule,
  V1NetworkPolicyPeer,
  V1NetworkPolicyPort,
} from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { type Manifest, named, one, render, type Values } from './helm.ts';
import { variants } from './variants.ts';

const on = { enabled: true, apiServer: { cidr: '10.0.0.1/32', port: 443 } };
const policy = (manifests: readonly Manifest[], name: string) =>
  one<V1NetworkPolicy>(manifests, 'NetworkPolicy', name).spec;

/** Each rule as `whom:ports`. */
function reached(rules: readonly V1NetworkPolicyEgressRule[] = []): string[] {
  return rules.map(({ to = [], ports = [] }) => {
    const whom = to.map(({ ipBlock, podSelector }) => {
      const labels = podSelector?.matchLabels ?? {};
      return ipBlock?.cidr ?? labels['app.kubernetes.io/component'] ?? labels['k8s-app'];
    });
    return `${whom.join('+')}:${ports.map(({ port }) => port).join('+')}`;
  });
}

test('there are none unless they are asked for', async () => {
  expect(named(await render(), 'NetworkPolicy')).toEqual([]);
});

test('embedded: our processes reach DNS, the API server, Redis and Supabase; those two reach nobody', async () => {
  const manifests = await render({ networkPolicy: on });
  expect(named(manifests, 'NetworkPolicy').toSorted()).toEqual(
    ['api', 'operator', 'redis', 'supabase', 'worker'].map((name) => `tasks-${name}`),
  );
  for (const name of ['tasks-api', 'tasks-worker', 'tasks-operator'])
    expect(reached(policy(manifests, name)?.egress)).toEqual([
      'kube-dns:53+53',
      '10.0.0.1/32:443',
      'redis:6379',
      'supabase:54321',
    ]);
  for (const [name, port] of [
    ['tasks-redis', 6379],
    ['tasks-supabase', 54_321],
  ] as const) {
    expect(policy(manifests, name)).toMatchObject({
      policyTypes: ['Ingress', 'Egress'],
      egress: [],
      ingress: [
        {
          from: [
            {
              podSelector: {
                matchLabels: { 'app.kubernetes.io/instance': 'tasks' },
                matchExpressions: [{ key: 'app.kubernetes.io/component', values: ['api', 'worker', 'operator'] }],
              },
            },
          ],
          ports: [{ protocol: 'TCP', port }],
        },
      ],
    });
    expect(policy(manifests, name)?.ingress).toHaveLength(1);
  }
});

test('outside: what was named, the model for the workers alone, the database for the migrations alone', async () => {
  const manifests = await render(variants['production with everything on']);
  const shared = ['kube-dns:53+53', '10.0.0.1/32:6443', '10.1.0.0/16:6379+6380', '0.0.0.0/0:443'];
  expect(reached(policy(manifests, 'tasks-api')?.egress)).toEqual(shared);
  expect(reached(policy(manifests, 'tasks-operator')?.egress)).toEqual(shared);
  expect(reached(policy(manifests, 'tasks-worker')?.egress)).toEqual([...shared, '0.0.0.0/0:443']);
  expect(reached(policy(manifests, 'tasks-migrations')?.egress)).toEqual(['kube-dns:53+53', '0.0.0.0/0:5432']);
  expect(policy(manifests, 'tasks-migrations')?.ingress).toEqual([]);
});

test('keys at another host are reached by the API alone', async () => {
  const { networkPolicy, ...rest } = variants['production with everything on'];
  const auth = { mode: 'supabase', supabase: { jwksUrl: 'https://keys.example/jwks.json' } };
  const egress = { ...networkPolicy.egress, jwks: [{ cidr: '10.7.0.0/16', ports: [443] }] };
  const manifests = await render({ ...rest, auth, networkPolicy: { ...networkPolicy, egress } });
  const reaching = ['tasks-api', 'tasks-worker', 'tasks-operator', 'tasks-migrations'].filter((name) =>
    reached(policy(manifests, name)?.egress).includes('10.7.0.0/16:443'),
  );
  expect(reaching).toEqual(['tasks-api']);
});

test('keys at the project’s own host need no rule of their own', async () => {
  const auth = { mode: 'supabase', supabase: { jwksUrl: 'https://project.supabase.co/other/jwks.json' } };
  const manifests = await render({ ...variants['production with everything on'], auth });
  expect(reached(policy(manifests, 'tasks-api')?.egress)).toHaveLength(4);
});

/** The client of Kubernetes has another name for `from`. */
interface IngressRule {
  readonly from?: readonly V1NetworkPolicyPeer[];
  readonly ports?: readonly V1NetworkPolicyPort[];
}

async function ingress(networkPolicy: Values, name: string) {
  const rules = policy(await render({ networkPolicy: { ...on, ...networkPolicy } }), name)?.ingress as IngressRule[];
  return rules.map(({ from = [], ports = [] }) => ({
    from: from.map(
      ({ namespaceSelector, ipBlock }) => namespaceSelector?.matchExpressions?.[0]?.values ?? ipBlock?.cidr,
    ),
    ports: ports.map(({ port }) => port),
  }));
}

test('the API is reached from the release’s namespace, or from those that were chosen', async () => {
  const monitoring = { from: [['monitoring']], ports: [9090] };
  expect(await ingress({}, 'tasks-api')).toEqual([{ from: [['stories']], ports: [8080] }, monitoring]);
  const chosen = { api: { namespaces: ['shop', 'studio'], extraFrom: [{ ipBlock: { cidr: '10.9.0.0/16' } }] } };
  expect(await ingress(chosen, 'tasks-api')).toEqual([
    { from: [['shop', 'studio'], '10.9.0.0/16'], ports: [8080] },
    monitoring,
  ]);
});

test('the ops port is reached from monitoring alone', async () => {
  for (const name of ['tasks-worker', 'tasks-operator'])
    expect(await ingress({ monitoring: { namespaces: ['observability'] } }, name)).toEqual([
      { from: [['observability']], ports: [9090] },
    ]);
});

test('further rules are for our three processes', async () => {
  const extra = [{ to: [{ ipBlock: { cidr: '10.8.0.0/16' } }], ports: [{ port: 4318 }] }];
  const manifests = await render({ networkPolicy: { ...on, egress: { extra } } });
  for (const name of ['tasks-api', 'tasks-worker', 'tasks-operator'])
    expect(reached(policy(manifests, name)?.egress).at(-1)).toBe('10.8.0.0/16:4318');
});
