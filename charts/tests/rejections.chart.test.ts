/** Values that contradict each other end in a sentence that says what to set; what no value may be, the schema refuses. */
import { expect, test } from 'vitest';
import { rejection, type Values } from './helm.ts';

const externalSupabase = {
  embedded: { enabled: false },
  external: { url: 'https://project.supabase.co', existingSecret: 'key' },
  migrations: { mode: 'none' },
};
const externalRedis = { embedded: { enabled: false }, external: { url: 'redis://redis:6379' } };
const policies = { enabled: true, apiServer: { cidr: '10.0.0.1/32' } };
const target = [{ cidr: '10.0.0.0/8', ports: [443] }];

const contradictions: readonly (readonly [string, Values, string])[] = [
  [
    'two Redis at once',
    { redis: { external: { url: 'redis://redis:6379' } } },
    'set redis.embedded.enabled=false to use the external Redis',
  ],
  ['no Redis', { redis: { embedded: { enabled: false } } }, 'There is no Redis: set redis.external.url'],
  [
    'a URL of Redis, and a Secret with another',
    { redis: { ...externalRedis, external: { url: 'redis://redis:6379', existingSecret: 'redis' } } },
    'redis.external.url and redis.external.existingSecret are both set',
  ],
  [
    'two Supabase at once',
    { supabase: { external: { url: 'https://project.supabase.co' } } },
    'set supabase.embedded.enabled=false to use the external project',
  ],
  [
    'migrations of an embedded Supabase from outside',
    { supabase: { migrations: { existingSecret: 'database' } } },
    'set supabase.embedded.enabled=false to use the external project',
  ],
  [
    'no Supabase',
    { supabase: { ...externalSupabase, external: { existingSecret: 'key' } } },
    'There is no Supabase project: set supabase.external.url',
  ],
  [
    'a Supabase project without its key',
    { supabase: { ...externalSupabase, external: { url: 'https://project.supabase.co' } } },
    'set supabase.external.existingSecret to a Secret that has it under secret-key',
  ],
  [
    'migrations without a database',
    { supabase: { ...externalSupabase, migrations: { mode: 'job' } } },
    'set supabase.migrations.existingSecret to a Secret with its URL under database-url, or supabase.migrations.mode=none',
  ],
  [
    'an API that anybody may call',
    { auth: { mode: 'none' } },
    'set networkPolicy.enabled=true, or another auth.mode, or auth.allowUnauthenticated=true',
  ],
  [
    'two ways to check JWTs',
    { auth: { mode: 'supabase', supabase: { jwksUrl: 'https://keys.example', existingSecret: 'jwt' } } },
    'auth.supabase.jwksUrl and auth.supabase.existingSecret are both set',
  ],
  ['a key for no model', { llm: { existingSecret: 'gemini' } }, 'set llm.provider to gemini or openai-compatible'],
  [
    'gemini without a key',
    { llm: { provider: 'gemini' } },
    'set llm.existingSecret to a Secret that has it under api-key',
  ],
  [
    'a gateway without an address',
    { llm: { provider: 'openai-compatible', model: 'llama' } },
    'set llm.model and llm.baseUrl',
  ],
  [
    'fewest workers above most workers',
    { worker: { autoscaling: { minReplicas: 11 } } },
    'worker.autoscaling.minReplicas (11) is above maxReplicas (10)',
  ],
  [
    'an HPA that goes to zero',
    { worker: { autoscaling: { mode: 'hpa', minReplicas: 0 } } },
    'set worker.autoscaling.minReplicas to 1 or more, or mode to operator or keda',
  ],
  [
    'KEDA without a Prometheus',
    { worker: { autoscaling: { mode: 'keda' } } },
    'set worker.autoscaling.keda.serverAddress',
  ],
  [
    'a number of runs that no operation goes by',
    { worker: { concurrency: 4 } },
    'set operations.<name>.concurrency, or that to null',
  ],
  [
    'less grace than the API needs to go quietly',
    { api: { preStopSeconds: 11 } },
    'api.terminationGracePeriodSeconds (20) is too short for preStopSeconds, lingerSeconds and 10 seconds for requests under way: set it to 26 or more',
  ],
  [
    'pods without a ServiceAccount',
    { worker: { serviceAccount: { create: false } } },
    'set worker.serviceAccount.name to the ServiceAccount that the pods shall have',
  ],
  [
    'bundles in a folder that nobody shares',
    { bundleStore: 'dir:/bundles' },
    'or set bundleStore to supabase:<bucket>',
  ],
  [
    'policies that shut the API server out',
    { networkPolicy: { enabled: true } },
    'set networkPolicy.apiServer.cidr and port to what `kubectl get endpointslices -n default` shows',
  ],
  [
    'policies that shut the model out',
    { networkPolicy: policies, llm: { provider: 'gemini', existingSecret: 'gemini' } },
    'set networkPolicy.egress.llm',
  ],
  [
    'policies that shut an external Redis out',
    { networkPolicy: policies, redis: externalRedis },
    'set networkPolicy.egress.redis',
  ],
  [
    'policies that shut the project out',
    { networkPolicy: policies, supabase: externalSupabase },
    'set networkPolicy.egress.supabase',
  ],
  [
    'policies that shut keys of another host out of the API',
    {
      networkPolicy: { ...policies, egress: { supabase: target } },
      supabase: { ...externalSupabase, migrations: { mode: 'none' } },
      auth: { mode: 'supabase', supabase: { jwksUrl: 'https://keys.example/jwks.json' } },
    },
    'set networkPolicy.egress.jwks',
  ],
  [
    'policies that shut the database out of the migrations',
    {
      networkPolicy: { ...policies, egress: { supabase: target } },
      supabase: { ...externalSupabase, migrations: { existingSecret: 'database' } },
    },
    'set networkPolicy.egress.database',
  ],
  [
    'two monitors of the same pods',
    { monitoring: { serviceMonitor: { enabled: true }, podMonitor: { enabled: true } } },
    'would scrape each pod twice: enable one of them',
  ],
];

test.each(contradictions)('%s', async (_, values, sentence) => {
  const words = await rejection(values);
  expect(words).toContain(sentence);
  expect(words.match(/^ {2}- /gm), 'one mistake, one sentence').toHaveLength(1);
});

test('several mistakes are told at once', async () => {
  const words = await rejection({
    auth: { mode: 'none' },
    llm: { provider: 'gemini' },
    redis: { embedded: { enabled: false } },
  });
  expect(words.match(/^ {2}- /gm)).toHaveLength(3);
});

test('a release whose name begins with a digit wants a name that a Service may have', async () => {
  expect(await rejection({}, '7tasks')).toContain('set fullnameOverride to a name that does');
});

const impossible: readonly (readonly [string, Values, string])[] = [
  ['a misspelt section', { workers: {} }, "additional properties 'workers' not allowed"],
  ['a misspelt value', { worker: { replica: 3 } }, "additional properties 'replica' not allowed"],
  ['a misspelt value far inside', { worker: { autoscaling: { keda: { server: 'x' } } } }, "'server' not allowed"],
  ['an operation that does not exist', { operations: { MAKE_TEA: {} } }, "'MAKE_TEA' not allowed"],
  [
    'a setting of an operation that does not exist',
    { operations: { BUILD_PLAYER_BUNDLE: { speed: 2 } } },
    "'speed' not allowed",
  ],
  [
    'a limit of nothing',
    { operations: { BUILD_PLAYER_BUNDLE: { concurrency: 0 } } },
    '/operations/BUILD_PLAYER_BUNDLE/concurrency',
  ],
  ['an unknown mode', { worker: { autoscaling: { mode: 'vpa' } } }, '/worker/autoscaling/mode'],
  ['a budget that stops every drain', { api: { podDisruptionBudget: { maxUnavailable: 0 } } }, 'maxUnavailable'],
  ['the same, as a percentage', { api: { podDisruptionBudget: { maxUnavailable: '0%' } } }, 'maxUnavailable'],
  [
    'a password in the URL of Redis',
    { redis: { external: { url: 'redis://:secret@redis:6379' } } },
    '/redis/external/url',
  ],
  [
    'a caller that is no ServiceAccount',
    { auth: { serviceAccount: { allowed: ['everybody'] } } },
    '/auth/serviceAccount/allowed/0',
  ],
  ['a digest that is none', { image: { digest: 'latest' } }, '/image/digest'],
  [
    'a worker without time to end',
    { worker: { terminationGracePeriodSeconds: 5 } },
    '/worker/terminationGracePeriodSeconds',
  ],
];

test.each(impossible)('the schema refuses %s', async (_, values, words) => {
  expect(await rejection(values)).toContain(words);
});
