/** What an upgrade leaves as it is, and what helm says at its end. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeCluster } from './fakeCluster.ts';
import { type Manifest, manifestsOf, one, render, type Values } from './helm.ts';
import { podOfDeployment } from './pods.ts';

let cluster: FakeCluster;
beforeEach(async () => {
  cluster = await FakeCluster.start();
});
afterEach(() => cluster.stop());

interface Secret {
  readonly stringData: Readonly<Record<string, string>>;
}

/** What an install would make, apart from what helm says around it. */
function madeBy(output: string): Manifest[] {
  const [, manifest = ''] = output.split('MANIFEST:\n');
  return manifestsOf(manifest.split('\nNOTES:\n')[0] ?? '');
}

test('what was made up at random stays what it is, and is made up anew where nothing is', async () => {
  const names = ['tasks-redis', 'tasks-supabase'];
  const secretsOf = async (values: Values) => {
    const manifests = madeBy(await cluster.install(values));
    return names.map((name) => one<Secret>(manifests, 'Secret', name).stringData);
  };
  const first = await secretsOf({});
  const others = await secretsOf({});
  expect(others).not.toEqual(first);
  for (const [index, name] of names.entries()) cluster.keep(name, first[index] ?? {});

  expect(await secretsOf({ logLevel: 'debug' })).toEqual(first);
  expect(first.map((values) => Object.keys(values))).toEqual([
    ['password'],
    ['secret-key', 'publishable-key', 'jwt-secret'],
  ]);
});

test('other settings of operations restart no pod', async () => {
  const before = await render();
  const after = await render({ operations: { RUN_WORKFLOW_TASK: { concurrency: 7, paused: true } } });
  expect(after).not.toEqual(before);
  for (const name of ['tasks-api', 'tasks-worker', 'tasks-operator'])
    expect(podOfDeployment(after, name)).toEqual(podOfDeployment(before, name));
});

test('what a development release stands on is told loudly, and a production release hears nothing of it', async () => {
  const development = await cluster.install({});
  for (const words of ['FOR DEVELOPMENT', 'redis.embedded', 'supabase.embedded', 'llm.provider offline'])
    expect(development).toContain(words);
  const production = await cluster.install({
    redis: { embedded: { enabled: false }, external: { url: 'redis://redis:6379' } },
    supabase: {
      embedded: { enabled: false },
      external: { url: 'https://p.supabase.co', existingSecret: 's' },
      migrations: { mode: 'none' },
    },
    llm: { provider: 'gemini', existingSecret: 'g' },
  });
  expect(production).not.toContain('FOR DEVELOPMENT');
  expect(production).toContain('http://tasks-api.stories:8080/api/docs');
});

test('the notes say who may call, and whom nobody asks', async () => {
  expect(await cluster.install({ auth: { serviceAccount: { allowed: ['shop/web'] } } })).toContain(
    'May call: shop/web.',
  );
  expect(await cluster.install({ auth: { mode: 'none', allowUnauthenticated: true } })).toContain(
    'auth.mode none: whoever reaches the port may create and cancel tasks.',
  );
});
