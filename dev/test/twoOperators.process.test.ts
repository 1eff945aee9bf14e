/** Two operators, one Lease, one Deployment: killed, frozen and woken, with the durations that are used. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeApiServer } from '@story-tasks/runtime/kubernetes/test';
import { type RedisServer, startRedis } from '@story-tasks/runtime/test';
import { type LiteServer, startLite } from '@story-tasks/supabase/lite';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Part, type Parts, prepareParts, probeUntil } from './parts.ts';

const deployment = '/apis/apps/v1/namespaces/stories/deployments/workers';
const lease = '/apis/coordination.k8s.io/v1/namespaces/stories/leases/operator';
const takeOverWithin = { timeout: 15_000, interval: 100 };

let dir: string;
let api: FakeApiServer;
let redis: RedisServer;
let lite: LiteServer;
let parts: Parts;
let lane: Queue;
let operators: Part[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'story-tasks-operators-'));
  [redis, lite, api] = await Promise.all([startRedis(), startLite({ dir }), FakeApiServer.start()]);
  const kubeconfig = join(dir, 'kubeconfig');
  await writeFile(kubeconfig, api.config().exportConfig());
  api.set(deployment, { spec: { replicas: 0, selector: { matchLabels: { app: 'worker' } } } });
  parts = await prepareParts({
    REDIS_URL: redis.url,
    SUPABASE_URL: lite.url,
    SUPABASE_SECRET_KEY: lite.secretKey,
    KUBECONFIG: kubeconfig,
    POD_NAMESPACE: 'stories',
    LEADER_LEASE: 'operator',
    AUTOSCALING_MODE: 'operator',
    WORKER_DEPLOYMENT: 'workers',
    MIN_REPLICAS: '0',
  });
  lane = new Queue('story-task-jobs.BUILD_PLAYER_BUNDLE', { connection: { url: redis.url } });
  operators = [
    await parts.start('operator', { POD_NAME: 'first' }),
    await parts.start('operator', { POD_NAME: 'second' }),
  ];
  for (const operator of operators)
    await probeUntil(`${operator.opsUrl}/readyz`, 30_000, ({ status }) => status === 200);
});
afterAll(async () => {
  await lane.close();
  await parts.stop();
  await Promise.all([redis.stop(), lite.stop(), api.stop()]);
  await rm(dir, { recursive: true, force: true });
});

const metricsOf = async (operator: Part) =>
  fetch(`${operator.opsUrl}/metrics`, { signal: AbortSignal.timeout(1_000) })
    .then((answer) => answer.text())
    .catch(() => '');
const leads = async (operator: Part) => /^story_tasks_leader 1$/m.test(await metricsOf(operator));
const holder = () => (api.get(lease)?.['spec'] as { holderIdentity: string } | undefined)?.holderIdentity ?? '';
const replicas = () => (api.get(deployment)?.['spec'] as { replicas: number } | undefined)?.replicas;
const foreignChanges = () =>
  api.list('/api/v1/namespaces/stories/events').filter(({ reason }) => reason === 'ForeignChange');

/** Jobs without rows: the reconciler removes them again, and the lane wants workers meanwhile. */
async function wantWorkers(count: number): Promise<void> {
  await lane.addBulk(Array.from({ length: count }, () => ({ name: 'BUILD_PLAYER_BUNDLE', data: {} })));
}

async function leaderAndStandby(): Promise<[leader: Part, standby: Part]> {
  await expect
    .poll(async () => (await Promise.all(operators.map(leads))).filter(Boolean).length, takeOverWithin)
    .toBe(1);
  const [first, second] = operators as [Part, Part];
  return (await leads(first)) ? [first, second] : [second, first];
}

test('one leads and tells of lanes and workers; a frozen one is replaced, and does no harm when it wakes; a killed one is replaced', async () => {
  const [leader, standby] = await leaderAndStandby();
  await expect.poll(() => metricsOf(leader)).toMatch(/story_tasks_autoscaler_replicas\{kind="current"\} 0/);
  expect(await metricsOf(standby)).not.toMatch(/story_tasks_(autoscaler_replicas|queue_jobs)\{/);
  const before = holder();

  leader.freeze();
  await expect.poll(() => leads(standby), takeOverWithin).toBe(true);
  expect(holder()).not.toBe(before);
  await wantWorkers(3);
  await expect.poll(replicas, { timeout: 10_000 }).toBe(3);
  const scales = () => api.requests.filter(({ method, path }) => method === 'PUT' && path.endsWith('/scale')).length;
  const scaled = scales();
  leader.thaw();
  await expect.poll(() => leads(leader), { timeout: 5_000 }).toBe(false);
  await expect
    .poll(() => metricsOf(leader), { timeout: 10_000 })
    .not.toMatch(/story_tasks_(autoscaler_replicas|queue_jobs)\{/);
  expect(await leads(standby)).toBe(true);
  expect([scales(), replicas(), foreignChanges()]).toEqual([scaled, 3, []]);

  await standby.kill();
  const killedAt = performance.now();
  await expect.poll(() => leads(leader), takeOverWithin).toBe(true);
  console.info(`take-over after SIGKILL: ${((performance.now() - killedAt) / 1_000).toFixed(1)} s`);
  expect(foreignChanges()).toEqual([]);
});
