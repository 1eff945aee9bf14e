/** What API, worker and operator are told, and how they start and end. */
import type { V1Deployment } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { llmEnvSchema } from '../../agent-backend/src/llm/settings.ts';
import { operatorSettings } from '../../operator/src/settings.ts';
import {
  apiEnvironment,
  authEnvironment,
  processEnvironment,
  readEnvironment,
  redisEnvironment,
  settingsEnvironment,
  storeEnvironment,
  workerEnvironment,
} from '../../runtime/src/environment.ts';
import { one, render, type Values } from './helm.ts';
import { environmentOf, podOfDeployment } from './pods.ts';
import { variantNames, variants } from './variants.ts';

const common = {
  ...processEnvironment.shape,
  ...settingsEnvironment.shape,
  ...redisEnvironment.shape,
  ...storeEnvironment.shape,
};
/** What each process reads. */
const environments = {
  api: processEnvironment.extend({ ...common, ...apiEnvironment.shape, ...authEnvironment.shape }),
  worker: processEnvironment.extend({ ...common, ...workerEnvironment.shape, ...llmEnvSchema.shape }),
  operator: operatorSettings,
};
type Component = keyof typeof environments;
const components = Object.keys(environments) as Component[];

/** Told by Kubernetes, or used in another variable. */
const elsewhere = ['REDIS_PASSWORD', 'NODE_OPTIONS'];
/** In place of what only the cluster knows. */
const secrets: Readonly<Record<string, string>> = {
  REDIS_URL: 'redis://:secret@redis:6379',
  SUPABASE_SECRET_KEY: 'sb_secret_x',
  POD_NAME: 'tasks-x-1',
  POD_NAMESPACE: 'stories',
};

const told = async (component: Component, values: Values = {}) =>
  environmentOf(podOfDeployment(await render(values), `tasks-${component}`));

test.each(variantNames)(
  'each process takes what it is told, and is told nothing that it does not read: %s',
  async (variant) => {
    for (const component of components) {
      const env = await told(component, variants[variant]);
      readEnvironment(environments[component], { ...env, ...secrets });
      const unread = Object.keys(env).filter((name) => !(name in environments[component].shape));
      expect(unread.filter((name) => !elsewhere.includes(name))).toEqual([]);
    }
  },
);

test('by default all stand on the embedded Redis and Supabase, and obey the ConfigMap', async () => {
  for (const component of components)
    expect(await told(component)).toMatchObject({
      POD_NAME: 'metadata.name',
      POD_NAMESPACE: 'metadata.namespace',
      OPERATIONS_CONFIGMAP: 'tasks-operations',
      REDIS_PASSWORD: 'Secret/tasks-redis/password',
      REDIS_URL: 'redis://:$(REDIS_PASSWORD)@tasks-redis:6379',
      SUPABASE_URL: 'http://tasks-supabase:54321',
      SUPABASE_SECRET_KEY: 'Secret/tasks-supabase/secret-key',
    });
});

test('an external Redis and Supabase come from Secrets, under keys that can be chosen', async () => {
  const values = {
    redis: { embedded: { enabled: false }, external: { existingSecret: 'redis', urlKey: 'REDIS_URL' } },
    supabase: {
      embedded: { enabled: false },
      external: { url: 'https://p.supabase.co', existingSecret: 'sb', secretKeyKey: 'KEY' },
      migrations: { mode: 'none' },
    },
  };
  expect(await told('operator', values)).toMatchObject({
    REDIS_URL: 'Secret/redis/REDIS_URL',
    SUPABASE_URL: 'https://p.supabase.co',
    SUPABASE_SECRET_KEY: 'Secret/sb/KEY',
  });
  expect(await told('operator', values)).not.toHaveProperty('REDIS_PASSWORD');
});

test('callers are the ServiceAccounts of the namespace, unless others are named', async () => {
  expect(await told('api')).toMatchObject({ AUTH_MODE: 'serviceAccount', AUTH_ALLOWED_SERVICE_ACCOUNTS: 'stories/*' });
  const allowed = ['shop/web', 'studio/*'];
  expect(await told('api', { auth: { serviceAccount: { allowed } } })).toMatchObject({
    AUTH_ALLOWED_SERVICE_ACCOUNTS: 'shop/web,studio/*',
  });
});

test('users are told by the secret of the embedded Supabase, by a given one, or by published keys', async () => {
  const mode = 'supabase';
  expect(await told('api', { auth: { mode } })).toMatchObject({ AUTH_JWT_SECRET: 'Secret/tasks-supabase/jwt-secret' });
  const given = await told('api', { auth: { mode, supabase: { existingSecret: 'jwt', jwtSecretKey: 'HS' } } });
  expect(given).toMatchObject({ AUTH_MODE: 'supabase', AUTH_JWT_SECRET: 'Secret/jwt/HS' });
  const published = await told('api', { auth: { mode, supabase: { jwksUrl: 'https://p/jwks.json' } } });
  expect(published).toMatchObject({ AUTH_JWKS_URL: 'https://p/jwks.json' });
  expect(published).not.toHaveProperty('AUTH_JWT_SECRET');
  expect(await told('api', variants['users of a Supabase project, migrated by hand'])).not.toHaveProperty(
    'AUTH_JWT_SECRET',
  );
});

test.each([
  [{}, { LLM_PROVIDER: 'offline', OFFLINE_LATENCY_MS: '0' }],
  [
    { provider: 'gemini', existingSecret: 'g', apiKeyKey: 'k' },
    { LLM_PROVIDER: 'gemini', GEMINI_API_KEY: 'Secret/g/k' },
  ],
  [
    { provider: 'openai-compatible', model: 'm', baseUrl: 'http://v/v1', existingSecret: 'o', stream: false },
    { LLM_MODEL: 'm', LLM_BASE_URL: 'http://v/v1', LLM_API_KEY: 'Secret/o/api-key', LLM_STREAM: 'false' },
  ],
])('the worker knows the model: %j', async (llm, expected) => {
  expect(await told('worker', { llm })).toMatchObject(expected);
});

test('nobody but the worker knows the key of the model', async () => {
  for (const component of ['api', 'operator'] as const) {
    const names = Object.keys(await told(component, variants['production with everything on']));
    expect(names.filter((name) => /^(LLM|GEMINI|OFFLINE)_/.test(name))).toEqual([]);
  }
});

test('runs drain until five seconds before the end of the grace', async () => {
  expect(await told('worker')).toMatchObject({ DRAIN_SECONDS: '115', WORKER_CONCURRENCY: '1', LEASE_SECONDS: '15' });
  const manifests = await render({ worker: { terminationGracePeriodSeconds: 30 } });
  const pod = podOfDeployment(manifests, 'tasks-worker');
  expect(pod.spec.terminationGracePeriodSeconds).toBe(30);
  expect(environmentOf(pod)).toMatchObject({ DRAIN_SECONDS: '25' });
});

test('the operator reckons with as many runs in a worker as a worker takes', async () => {
  const values = { worker: { concurrency: 3 }, operations: { BUILD_PLAYER_BUNDLE: { concurrency: null } } };
  for (const component of ['worker', 'operator'] as const)
    expect(await told(component, values)).toMatchObject({ WORKER_CONCURRENCY: '3' });
});

test('an API that ends serves on until nobody sends to it, and is replaced before it goes', async () => {
  const manifests = await render();
  const [container] = podOfDeployment(manifests, 'tasks-api').spec.containers;
  expect(container?.lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } });
  expect(one<V1Deployment>(manifests, 'Deployment', 'tasks-api').spec?.strategy?.rollingUpdate).toEqual({
    maxSurge: 1,
    maxUnavailable: 0,
  });
});

test('alive is asked of /healthz and ready of /readyz, both on the ops port', async () => {
  const manifests = await render();
  for (const component of components) {
    const [container] = podOfDeployment(manifests, `tasks-${component}`).spec.containers;
    expect(container?.startupProbe?.httpGet).toEqual({ path: '/healthz', port: 'ops' });
    expect(container?.livenessProbe?.httpGet).toEqual({ path: '/healthz', port: 'ops' });
    expect(container?.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'ops' });
    expect(container?.args).toEqual([`${component}/src/main.ts`]);
  }
});

test('what is given for the pods of a part is in them, and changes nothing that they are found by', async () => {
  const given = {
    podLabels: { team: 'stories', 'app.kubernetes.io/component': 'other' },
    podAnnotations: { note: 'mine', 'prometheus.io/port': '1' },
    priorityClassName: 'important',
    nodeSelector: { disk: 'ssd' },
    tolerations: [{ key: 'spot', operator: 'Exists' }],
    affinity: { podAntiAffinity: {} },
    extraEnv: [{ name: 'NODE_OPTIONS', value: '--enable-source-maps' }],
    extraVolumes: [{ name: 'more', emptyDir: {} }],
    extraVolumeMounts: [{ name: 'more', mountPath: '/more' }],
    topologySpread: { keys: ['zone'], whenUnsatisfiable: 'DoNotSchedule' },
  };
  const values = { api: given, worker: given, operator: given, monitoring: { scrapeAnnotations: true } };
  const manifests = await render(values);
  for (const component of components) {
    const pod = podOfDeployment(manifests, `tasks-${component}`);
    expect(pod.labels).toMatchObject({ team: 'stories', 'app.kubernetes.io/component': component });
    expect(pod.annotations).toMatchObject({
      note: 'mine',
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '9090',
    });
    const { priorityClassName, nodeSelector, tolerations, affinity } = given;
    expect(pod.spec).toMatchObject({ priorityClassName, nodeSelector, tolerations, affinity });
    expect(pod.spec.topologySpreadConstraints).toMatchObject([
      { topologyKey: 'zone', labelSelector: { matchLabels: { 'app.kubernetes.io/component': component } } },
    ]);
    expect(environmentOf(pod)).toHaveProperty('NODE_OPTIONS');
    expect(pod.spec.containers[0]?.volumeMounts).toContainEqual({ name: 'more', mountPath: '/more' });
    expect(pod.spec.volumes).toContainEqual({ name: 'more', emptyDir: {} });
  }
});

test('an image has its tag, the version of the chart, or a digest, which counts most', async () => {
  const imageOf = async (image: Values) =>
    podOfDeployment(await render({ image }), 'tasks-worker').spec.containers[0]?.image;
  const digest = `sha256:${'b'.repeat(64)}`;
  expect(await imageOf({})).toBe('story-tasks:0.1.0');
  expect(await imageOf({ repository: 'r.example/s', tag: 'v2' })).toBe('r.example/s:v2');
  expect(await imageOf({ repository: 'r.example/s', tag: 'v2', digest })).toBe(`r.example/s@${digest}`);
});

test('a ServiceAccount can be one that is there', async () => {
  const manifests = await render({ worker: { serviceAccount: { create: false, name: 'mine' } } });
  expect(podOfDeployment(manifests, 'tasks-worker').spec.serviceAccountName).toBe('mine');
  expect(one(manifests, 'RoleBinding', 'tasks-worker')).toMatchObject({ subjects: [{ name: 'mine' }] });
});
