/** What the processes stand on: the settings of operations, the migrations, and the embedded stand-ins for development. */
import type { V1ConfigMap, V1Deployment, V1Job, V1Secret, V1ServiceAccount } from '@kubernetes/client-node';
import { settingsDocumentSchema } from '@story-tasks/contracts';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { embeddedEnvironment } from '../../supabase/src/lite/settings.ts';
import { named, one, render, type Values } from './helm.ts';
import { podOfDeployment, podsOf } from './pods.ts';
import { variants } from './variants.ts';

const external = variants['production with everything on'];

test.each([
  [{}, { RUN_WORKFLOW_TASK: { concurrency: 1 } }],
  [
    { RUN_WORKFLOW_TASK: { globalConcurrency: 20, rateLimit: { max: 60, perSeconds: 60 }, paused: true } },
    {
      RUN_WORKFLOW_TASK: {
        concurrency: 1,
        globalConcurrency: 20,
        rateLimit: { max: 60, perSeconds: 60 },
        paused: true,
      },
    },
  ],
  [{ RUN_WORKFLOW_TASK: null, REGENERATE_CONSTITUTION: null, BUILD_PLAYER_BUNDLE: null }, {}],
])('the ConfigMap has a document that the processes take: %j', async (operations, expected) => {
  const { data } = one<V1ConfigMap>(await render({ operations }), 'ConfigMap', 'tasks-operations');
  const document = settingsDocumentSchema.parse(parse(data?.['operations.yaml'] ?? ''));
  expect(document).toMatchObject(expected);
});

test('the migrations run before anything else is there, with an existing Secret and an account of their own', async () => {
  const manifests = await render(external);
  const job = one<V1Job>(manifests, 'Job', 'tasks-migrations');
  expect(job.metadata.annotations).toEqual({
    'helm.sh/hook': 'pre-install,pre-upgrade',
    'helm.sh/hook-weight': '0',
    'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
  });
  const [pod] = podsOf([job]);
  expect(pod?.containers[0]).toMatchObject({
    args: ['supabase/src/migrate/main.ts'],
    env: [{ name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: 'supabase-database', key: 'database-url' } } }],
  });
  const account = one<V1ServiceAccount>(manifests, 'ServiceAccount', pod?.spec.serviceAccountName ?? '');
  for (const needed of [account, one(manifests, 'NetworkPolicy', 'tasks-migrations')])
    expect(needed.metadata.annotations).toMatchObject({
      'helm.sh/hook': 'pre-install,pre-upgrade',
      'helm.sh/hook-weight': '-10',
    });
});

test('the Job has the certificate that its URL names', async () => {
  const extra = {
    extraVolumes: [{ name: 'ca', secret: { secretName: 'database-ca' } }],
    extraVolumeMounts: [{ name: 'ca', mountPath: '/ca', readOnly: true }],
  };
  const migrations = { ...external.supabase.migrations, ...extra };
  const values = { ...external, supabase: { ...external.supabase, migrations } };
  const { spec } = one<V1Job>(await render(values), 'Job', 'tasks-migrations');
  expect(spec?.template.spec?.volumes).toEqual([{ name: 'tmp', emptyDir: {} }, ...extra.extraVolumes]);
  const [container] = spec?.template.spec?.containers ?? [];
  expect(container?.volumeMounts).toEqual([{ name: 'tmp', mountPath: '/tmp' }, ...extra.extraVolumeMounts]);
});

test('a Job whose process says that it failed has failed; one whose pod was taken away makes another', async () => {
  const { spec } = one<V1Job>(await render(external), 'Job', 'tasks-migrations');
  expect(spec?.podFailurePolicy?.rules).toEqual([
    { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    { action: 'FailJob', onExitCodes: { containerName: 'migrations', operator: 'In', values: [1, 2] } },
  ]);
  expect(spec?.template.spec).toMatchObject({ restartPolicy: 'Never', containers: [{ name: 'migrations' }] });
});

test.each<[string, Values]>([
  ['the embedded Supabase', {}],
  ['a project that its owner migrates', { supabase: { ...external.supabase, migrations: { mode: 'none' } } }],
])('there is no Job for %s', async (_, values) => {
  const manifests = await render(values);
  expect(named(manifests, 'Job')).toEqual([]);
  expect(named(manifests, 'ServiceAccount')).not.toContain('tasks-migrations');
});

test('with an external Redis and project nothing embedded is left', async () => {
  const manifests = await render(external);
  expect(named(manifests, 'Deployment').toSorted()).toEqual(['tasks-api', 'tasks-operator', 'tasks-worker']);
  expect([...named(manifests, 'Secret'), ...named(manifests, 'PersistentVolumeClaim')]).toEqual([]);
});

test('the embedded Supabase is alone with its data, and serves when the schema is there', async () => {
  const manifests = await render();
  const { spec } = one<V1Deployment>(manifests, 'Deployment', 'tasks-supabase');
  expect(spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
  const pod = podOfDeployment(manifests, 'tasks-supabase');
  expect(pod.spec.initContainers?.map(({ args }) => args)).toEqual([['supabase/src/lite/main.ts', 'migrate']]);
  expect(pod.spec.containers.map(({ args }) => args)).toEqual([['supabase/src/lite/main.ts', 'serve']]);
  expect(new Set(pod.containers.map(({ image }) => image))).toEqual(new Set(['story-tasks:0.1.0-embedded']));
  expect(pod.spec.volumes).toContainEqual({ name: 'data', persistentVolumeClaim: { claimName: 'tasks-supabase' } });
});

test('the embedded Supabase is told what it reads, with keys that it takes', async () => {
  const manifests = await render();
  const { stringData = {} } = one<V1Secret>(manifests, 'Secret', 'tasks-supabase');
  for (const { env = [] } of podOfDeployment(manifests, 'tasks-supabase').containers) {
    const told = env.map(({ name, value, valueFrom }) => [
      name,
      value ?? stringData[valueFrom?.secretKeyRef?.key ?? ''],
    ]);
    expect(embeddedEnvironment.strict().parse(Object.fromEntries(told))).toMatchObject({
      LITE_PORT: 54_321,
      LITE_SECRET_KEY: expect.stringMatching(/^sb_secret_/),
      LITE_PUBLISHABLE_KEY: expect.stringMatching(/^sb_publishable_/),
    });
  }
});

test('the image of the embedded Supabase follows the image, or has a name of its own', async () => {
  const imageOf = async (values: Values) =>
    podOfDeployment(await render(values), 'tasks-supabase').spec.containers[0]?.image;
  expect(await imageOf({ image: { repository: 'r.example/s', tag: 'v2' } })).toBe('r.example/s:v2-embedded');
  // The digest of the one image is not that of the other.
  expect(await imageOf({ image: { digest: `sha256:${'b'.repeat(64)}` } })).toBe('story-tasks:0.1.0-embedded');
  expect(await imageOf({ supabase: { embedded: { image: { repository: 'mine', tag: 'x' } } } })).toBe('mine:x');
});

test('the embedded Redis keeps jobs, refuses what it has no room for, and asks for a password', async () => {
  const pod = podOfDeployment(await render({ redis: { embedded: { maxMemory: '64mb' } } }), 'tasks-redis');
  const [, ...args] = pod.spec.containers[0]?.args ?? [];
  const options = Object.fromEntries(args.flatMap((arg, index) => (index % 2 === 0 ? [[arg, args[index + 1]]] : [])));
  expect(options).toEqual({
    '--requirepass': '$(REDIS_PASSWORD)',
    '--dir': '/data',
    '--save': '',
    '--appendonly': 'yes',
    '--appendfsync': 'everysec',
    '--maxmemory-policy': 'noeviction',
    '--maxmemory': '64mb',
  });
});

test.each(['redis', 'supabase'])(
  'the data of %s is on a claim of the release, on a given one, or in memory',
  async (part) => {
    const volumeOf = async (persistence: Values) => {
      const manifests = await render({ [part]: { embedded: { persistence } } });
      const volume = podOfDeployment(manifests, `tasks-${part}`).spec.volumes?.find(({ name }) => name === 'data');
      return { volume, claims: named(manifests, 'PersistentVolumeClaim').filter((name) => name.endsWith(part)) };
    };
    expect(await volumeOf({})).toEqual({
      volume: { name: 'data', persistentVolumeClaim: { claimName: `tasks-${part}` } },
      claims: [`tasks-${part}`],
    });
    expect(await volumeOf({ existingClaim: 'mine' })).toEqual({
      volume: { name: 'data', persistentVolumeClaim: { claimName: 'mine' } },
      claims: [],
    });
    expect(await volumeOf({ enabled: false, size: '3Gi' })).toEqual({
      volume: { name: 'data', emptyDir: { sizeLimit: '3Gi' } },
      claims: [],
    });
  },
);
