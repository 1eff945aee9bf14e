/** The autoscaler between a real Redis, workers that answer on its pub/sub, and a Kubernetes API that fails when it is told to. */
import { randomUUID } from 'node:crypto';
import { type Operation, settingsOf, systemWorld, type TaskRecord } from '@story-tasks/contracts';
import {
  connectRedis,
  createLanes,
  createLogger,
  type Lanes,
  listenToWorkerControl,
  listenToWorkerReports,
  publishWorkerControl,
  publishWorkerReport,
  watchLanes,
} from '@story-tasks/runtime';
import { connectKubernetes } from '@story-tasks/runtime/kubernetes';
import { FakeApiServer } from '@story-tasks/runtime/kubernetes/test';
import { type RedisServer, startRedis } from '@story-tasks/runtime/test';
import type { BusyWorker } from '@story-tasks/supabase';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Autoscaler } from '../src/autoscaler/autoscaler.ts';
import { autoscalerLoop } from '../src/autoscaler/autoscalerLoop.ts';
import { Cordons } from '../src/autoscaler/cordons.ts';
import type { ScalingLimits } from '../src/autoscaler/decideReplicas.ts';
import { kubernetesCluster } from '../src/autoscaler/kubernetesCluster.ts';
import type { Reason } from '../src/autoscaler/reasons.ts';
import { eventsPath, FakeReplicaSet, namespace } from '../src/autoscaler/testing/fakeReplicaSet.ts';

const operation: Operation = 'BUILD_PLAYER_BUNDLE';
const silent = createLogger('test', 'silent');
const seconds = { timeout: 10_000 };

let redisServer: RedisServer;
let redis: ReturnType<typeof connectRedis>;
let lanes: Lanes;
let reports: ReturnType<typeof connectRedis>;
let control: ReturnType<typeof connectRedis>;
let cordons: Cordons;
beforeAll(async () => {
  redisServer = await startRedis();
  redis = connectRedis(redisServer.url, 'prompt', silent);
  reports = connectRedis(redisServer.url, 'subscriber', silent);
  control = connectRedis(redisServer.url, 'subscriber', silent);
  lanes = createLanes(redis);
  await lanes.ready();
  cordons = new Cordons({ publish: (message) => publishWorkerControl(redis, message), world: systemWorld });
  await listenToWorkerReports(reports, (report) => cordons.report(report), silent);
  await listenToWorkerControl(
    control,
    (message) => {
      said.push(`${message.command} ${message.workerIds.join()}`);
      if (message.command !== 'cordon') return;
      for (const workerId of message.workerIds) {
        const idle = answers(workerId);
        if (idle !== null) void publishWorkerReport(redis, { token: message.token, workerId, idle });
      }
    },
    silent,
  );
});
afterAll(async () => {
  await lanes.close();
  for (const connection of [redis, reports, control]) connection.disconnect();
  await redisServer.stop();
});

let api: FakeApiServer;
let replicaSet: FakeReplicaSet;
let said: string[];
let told: Reason[];
let lines: string[];
let busy: BusyWorker[];
/** What a worker says when it is cordoned; null: nothing. */
let answers: (workerId: string) => boolean | null;
let stop: () => Promise<void>;
beforeEach(async () => {
  await redis.flushall();
  api = await FakeApiServer.start();
  [said, told, lines, busy] = [[], [], [], []];
  answers = () => true;
  stop = async () => undefined;
});
afterEach(async () => {
  api.intercept = () => undefined;
  await stop();
  await api.stop();
});

const quick: ScalingLimits = { min: 0, max: 8, stabilizationMs: 0, maxPodsDown: 8, periodMs: 0 };

function start(replicas: number, limits = quick, mode: 'operator' | 'external' = 'operator', intervalMs = 200): void {
  replicaSet = new FakeReplicaSet(api, replicas);
  const autoscaler = new Autoscaler({
    mode,
    limits,
    cluster: kubernetesCluster(connectKubernetes(api.config()), namespace, 'workers', Date.now),
    cordons,
    readLanes: () => lanes.readings().catch(() => null),
    listBusy: async () => busy,
    settings: () => settingsOf({}),
    gauges: { set: () => undefined },
    count: (reason) => told.push(reason),
    world: systemWorld,
    logger: createLogger('test', 'info', { write: (line) => void lines.push(line) }),
  });
  const loop = autoscalerLoop({
    autoscaler,
    onLaneEvents: (happened) =>
      watchLanes(connectRedis(redisServer.url, 'blocking', silent), systemWorld.clock, happened),
    intervalMs,
    clock: systemWorld.clock,
    isLeader: () => true,
  });
  const controller = setInterval(() => replicaSet.control(), 20);
  stop = async () => {
    clearInterval(controller);
    await loop.stop();
  };
}

async function enqueue(count: number): Promise<void> {
  for (let made = 0; made < count; made += 1) {
    await lanes.enqueue({ id: randomUUID(), operation, storyId: null, payload: {} } as TaskRecord);
  }
}

const replicas = () => replicaSet.replicas;
const events = () => api.list(eventsPath).map(({ reason, message }) => `${reason}: ${message}`);

test('jobs that come in bring workers, from none; when they are gone, so are the workers', async () => {
  start(0);
  await expect.poll(() => told, seconds).toContain('steady');
  await enqueue(5);
  await expect.poll(replicas, seconds).toBe(5);
  await redis.flushall();
  await expect.poll(() => replicaSet.names(), seconds).toEqual([]);
  const why = 'BUILD_PLAYER_BUNDLE has 5 due or running, 1 in each worker';
  await expect.poll(() => events().filter((event) => event.endsWith(`to 5 workers: ${why}.`)), seconds).toHaveLength(1);
  const down = 'ScaledDown: Scaled from 5 to 0 workers: fewer workers were wanted for long enough; no lane wants any.';
  await expect.poll(events, seconds).toContain(down);
  await expect.poll(() => replicaSet.annotation('story-tasks/autoscaler-replicas'), seconds).toBe('0');
});

test('what holds a lease, what says it is at work and what says nothing stay; the idle one goes', async () => {
  busy = [{ workerId: 'worker-1', busyMs: 120_000 }];
  answers = (workerId) => (workerId === 'worker-2' ? false : workerId === 'worker-3' ? null : true);
  start(4);
  await expect.poll(() => replicaSet.removed, { timeout: 15_000 }).toEqual(['worker-4']);
  expect(said.some((line) => line.includes('worker-1'))).toBe(false);
  expect(said).toContain('uncordon worker-3,worker-2');
  expect(replicaSet.cost('worker-1')).toBe(2);
  expect(replicas()).toBe(3);
});

test('a pod at work that is not ready keeps all others', async () => {
  start(3, { ...quick, stabilizationMs: 600 });
  replicaSet.setReady('worker-2', false);
  busy = [{ workerId: 'worker-2', busyMs: 1_000 }];
  await expect.poll(() => told, seconds).toContain('unready_pod');
  expect(replicaSet.removed).toEqual([]);
  replicaSet.setReady('worker-2', true);
  await expect.poll(() => [...replicaSet.removed].sort(), seconds).toEqual(['worker-1', 'worker-3']);
});

test('work that comes in breaks a scale-down off, and the workers are let go again', async () => {
  answers = () => null;
  start(4, { ...quick, min: 1 });
  await expect.poll(() => said[0], seconds).toMatch(/^cordon /);
  await enqueue(6);
  await expect.poll(replicas, { timeout: 2_000 }).toBe(6);
  expect(told).toContain('wanted_again');
  expect(said.some((line) => line.startsWith('uncordon '))).toBe(true);
  expect(replicaSet.removed).toEqual([]);
});

test('a change that somebody else made is left alone and told, until somebody says resume', async () => {
  start(0);
  await expect.poll(() => told, seconds).toContain('steady');
  replicaSet.write(3);
  await expect.poll(events, seconds).toEqual([expect.stringMatching(/^ForeignChange: .*3 workers.*5 minutes/)]);
  await enqueue(6);
  const before = told.length;
  await expect.poll(() => told.length - before, seconds).toBeGreaterThan(3);
  expect(new Set(told.slice(before))).toEqual(new Set(['foreign_change']));
  expect([replicas(), events().length]).toEqual([3, 1]);
  replicaSet.write(3, { 'story-tasks/autoscaling': 'resume' });
  await expect.poll(replicas, seconds).toBe(6);
  expect(replicaSet.annotation('story-tasks/autoscaling')).toBeUndefined();
});

test('a scale that comes between is a conflict, and nothing is overwritten', async () => {
  start(2);
  await expect.poll(() => told, seconds).toContain('scale_down');
  let raced = false;
  api.intercept = ({ method, path }) => {
    if (method !== 'PUT' || !path.endsWith('/scale') || raced) return undefined;
    raced = true;
    replicaSet.write(7);
    return undefined;
  };
  await enqueue(3);
  await expect.poll(() => told, seconds).toContain('conflict');
  await expect.poll(() => told, seconds).toContain('foreign_change');
  expect(replicas()).toBe(7);
});

test.each([
  ['look and announcement', 'PATCH', /\/deployments\/[^/]+$/],
  ['announcement and scale', 'PUT', /\/scale$/],
])('a status that is written between %s delays no worker', async (_, wanted, of) => {
  start(0);
  await expect.poll(() => told, seconds).toContain('steady');
  let written = 0;
  api.intercept = ({ method, path }) => {
    if (method === wanted && of.test(path) && written < 5) {
      written += 1;
      replicaSet.write(replicas());
    }
    return undefined;
  };
  await enqueue(3);
  await expect.poll(replicas, seconds).toBe(3);
  expect(written).toBe(5);
  expect(told).not.toContain('conflict');
});

/** The answer to the first scale gets lost. @returns what was said to the workers, and written, since then; undefined before */
function loseAnswer(meanwhile: () => void): () => { said: string[]; written: string[] } | undefined {
  let from: { said: number; requests: number } | undefined;
  api.intercept = ({ method, path }) => {
    if (from !== undefined || method !== 'PUT' || !path.endsWith('/scale')) return undefined;
    from = { said: said.length, requests: api.requests.length };
    meanwhile();
    return 'reset';
  };
  return () => {
    if (from === undefined) return undefined;
    const since = api.requests.slice(from.requests).filter(({ method }) => method !== 'GET');
    return { said: said.slice(from.said), written: since.map(({ method, path }) => `${method} ${path}`) };
  };
}

test('a scale-down whose answer was lost, and that was not carried out, lets the workers go after the Deployment is written to', async () => {
  let saidAtWrite = Number.NaN;
  start(2);
  const since = loseAnswer(() => void enqueue(2));
  await expect.poll(since, seconds).toBeDefined();
  const intercept = api.intercept;
  api.intercept = (request) => {
    if (Number.isNaN(saidAtWrite) && request.path.endsWith('/deployments/workers') && request.method === 'PATCH')
      saidAtWrite = since()?.said.length ?? Number.NaN;
    return intercept(request);
  };
  await expect.poll(() => since()?.said, seconds).toContain('uncordon worker-1,worker-2');
  expect(saidAtWrite).toBe(0);
  await expect.poll(() => [replicaSet.cost('worker-1'), replicaSet.cost('worker-2')], seconds).toEqual([0, 0]);
  await expect.poll(() => told.at(-1), seconds).toBe('steady');
  expect([replicas(), replicaSet.removed]).toEqual([2, []]);
});

test('a scale-down whose answer was lost, and that was carried out, lets none of its workers claim again', async () => {
  start(2);
  const since = loseAnswer(() => replicaSet.write(0));
  await expect.poll(since, seconds).toBeDefined();
  await expect.poll(() => replicaSet.annotation('story-tasks/autoscaler-replicas'), seconds).toBe('0');
  expect(told).toContain('api_refused');
  expect(since()?.said.filter((line) => line.startsWith('uncordon'))).toEqual([]);
  expect([replicas(), [...replicaSet.removed].sort()]).toEqual([0, ['worker-1', 'worker-2']]);
  const down = 'ScaledDown: Scaled from 2 to 0 workers: fewer workers were wanted for long enough; no lane wants any.';
  await expect.poll(events, seconds).toEqual([down]);
});

test('an API server that refuses is left alone for as long as it asks, and nothing is decided meanwhile', async () => {
  start(0);
  await expect.poll(() => told, seconds).toContain('steady');
  api.intercept = () => ({ status: 429, headers: { 'retry-after': '2' } });
  await expect.poll(() => told, seconds).toContain('no_deployment');
  const asked = api.requests.length;
  const before = told.length;
  await expect.poll(() => told.length - before, seconds).toBeGreaterThan(4);
  expect(api.requests.length - asked).toBeLessThanOrEqual(2);
  api.intercept = () => undefined;
  await enqueue(2);
  await expect.poll(replicas, seconds).toBe(2);
});

test('a permission that is missing is told once, by its verb', async () => {
  api.intercept = ({ path }) => (path.endsWith('/pods') ? { status: 403 } : undefined);
  start(2);
  await expect.poll(() => told.length, seconds).toBeGreaterThan(5);
  expect(lines.filter((line) => line.includes('not allowed to list pods: see docs/rbac.md'))).toHaveLength(1);
  expect(new Set(told)).toEqual(new Set(['no_deployment']));
});

test('where another scales, deletion costs are kept current, and nothing else is written', async () => {
  start(3, quick, 'external');
  busy = [{ workerId: 'worker-2', busyMs: 60_000 }];
  await expect.poll(() => replicaSet.cost('worker-2'), seconds).toBe(2);
  busy = [];
  await expect.poll(() => replicaSet.cost('worker-2'), seconds).toBe(0);
  const writes = api.requests.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
  expect(new Set(writes)).toEqual(new Set([`PATCH /api/v1/namespaces/${namespace}/pods/worker-2`]));
  expect(replicas()).toBe(3);
});

/** The scale as it was written, not as it was noticed. */
async function reactionMs(step: number): Promise<number> {
  let written = Number.NaN;
  api.intercept = ({ method, path }) => {
    if (method === 'PUT' && path.endsWith('/scale')) written = performance.now();
    return undefined;
  };
  const from = performance.now();
  await enqueue(step);
  await expect.poll(() => written, { timeout: 5_000, interval: 5 }).toBeGreaterThan(0);
  return written - from;
}

test('a step in a lane is answered sooner than the next tick would', async () => {
  start(0, { ...quick, max: 1_000 }, 'operator', 2_000);
  await expect.poll(() => told, seconds).toContain('steady');
  const reactions: number[] = [];
  for (let step = 0; step < 30; step += 1) {
    reactions.push(await reactionMs(1));
    await expect.poll(replicas, seconds).toBe(step + 1);
    await expect.poll(() => events().length, seconds).toBe(step + 1);
  }
  reactions.sort((a, b) => a - b);
  const [p50 = Number.NaN, p99 = Number.NaN] = [reactions[15], reactions[29]];
  console.info(`depth step to scale: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms over 30`);
  expect(p50).toBeLessThan(500);
});
