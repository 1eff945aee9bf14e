/** What the autoscaler makes of trouble, in virtual time: its own is not told as somebody else's. */
import { settingsOf } from '@story-tasks/contracts';
import { seededChance, VirtualClock } from '@story-tasks/contracts/test';
import { createLogger } from '@story-tasks/runtime';
import { beforeEach, expect, test } from 'vitest';
import { KubernetesCallError } from '../kubernetesErrors.ts';
import { Autoscaler, type AutoscalerDependencies } from './autoscaler.ts';
import { annotationNames } from './cluster.ts';
import { Cordons } from './cordons.ts';
import type { Reason } from './reasons.ts';
import { SimulatedWorkers } from './testing/simulatedWorkers.ts';

let clock: VirtualClock;
let workers: SimulatedWorkers;
let cordons: Cordons;
let told: Reason[];
let lines: { level: string; msg: string; error?: { type: string; at: string[] } }[];
beforeEach(() => {
  clock = new VirtualClock();
  workers = new SimulatedWorkers({ clock, chance: seededChance(1) }, 1);
  workers.controllerAway = true;
  [told, lines] = [[], []];
});

function autoscaler(different: Partial<AutoscalerDependencies>): Autoscaler {
  const world = { clock, chance: seededChance(1) };
  cordons = new Cordons({ publish: workers.publish, world });
  return new Autoscaler({
    mode: 'operator',
    limits: { min: 0, max: 8, stabilizationMs: 60_000, maxPodsDown: 8, periodMs: 0 },
    cluster: workers.cluster,
    cordons,
    readLanes: workers.readLanes,
    listBusy: workers.listBusy,
    settings: () => settingsOf({}),
    gauges: { set: () => undefined },
    count: (reason) => told.push(reason),
    world,
    logger: createLogger('test', 'info', { write: (line) => void lines.push(JSON.parse(line)) }),
    ...different,
  });
}

async function ticks(of: Autoscaler, count: number): Promise<void> {
  for (let tick = 0; tick < count; tick += 1) {
    let done = false;
    void of.tick().then(() => {
      done = true;
    });
    do await clock.pass(2_000);
    while (!done);
  }
}

const fault = () => {
  throw new TypeError('not a function: sk-secret');
};
const rejected = async () => fault();

test.each<[string, Partial<AutoscalerDependencies>]>([
  ['deciding', { settings: fault }],
  ['reading the lanes', { readLanes: rejected }],
  ['reading the record', { listBusy: rejected }],
])('a fault of our own in %s is told once as that, with its place, and counted each time', async (_, different) => {
  await ticks(autoscaler(different), 3);
  expect(told).toEqual(['internal_error', 'internal_error', 'internal_error']);
  expect(lines).toMatchObject([
    { level: 'error', msg: expect.stringContaining('internal error'), error: { type: 'TypeError' } },
  ]);
  expect(lines[0]?.error?.at[0]).toContain('autoscaler.test.ts');
  expect(JSON.stringify(lines)).not.toContain('sk-secret');
});

test('a fault of our own in reading the Deployment is no trouble of the Kubernetes API either', async () => {
  await ticks(autoscaler({ cluster: { ...workers.cluster, read: rejected } }), 2);
  expect(told).toEqual(['internal_error', 'internal_error']);
  expect(lines.map(({ msg }) => msg)).toEqual([expect.stringContaining('internal error')]);
});

test('trouble of the Kubernetes API is told shortly, and so is its end', async () => {
  let isAway = true;
  const read: typeof workers.cluster.read = async () => {
    if (isAway) throw new KubernetesCallError('get deployments', 503, null);
    return workers.cluster.read();
  };
  const scaler = autoscaler({ cluster: { ...workers.cluster, read } });
  await ticks(scaler, 3);
  expect(told).toEqual(['no_deployment', 'no_deployment', 'no_deployment']);
  isAway = false;
  await ticks(scaler, 5);
  const all = lines.map(({ level, msg }) => `${level}: ${msg}`);
  expect(all.slice(0, 2)).toEqual([
    'warn: the Kubernetes API does not take our calls',
    'info: what failed works again',
  ]);
});

test('a store that is away is a reading that is missing, and no fault', async () => {
  workers.leasesAway = true;
  await ticks(autoscaler({}), 2);
  expect([told, lines]).toEqual([['no_leases', 'no_leases'], []]);
});

test.each([
  ['operator', { leasesAway: true }, /^no_leases: /],
  ['operator', { lanesAway: true }, /^no_lanes: /],
  ['external', { lanesAway: true }, undefined],
] as const)('in mode %s, %o shows on the Deployment as %s', async (mode, away, shown) => {
  const scaler = autoscaler({ mode });
  await ticks(scaler, 1);
  Object.assign(workers, away);
  await ticks(scaler, 5);
  const reason = workers.annotations[annotationNames.reason];
  expect(reason).toEqual(shown && expect.stringMatching(shown));
  expect(workers.scales).toEqual([]);
});

const lost = (call: string) => new KubernetesCallError(call, null, null);
/** The first scale's answer does not come. */
function losingScale(isCarriedOut: boolean) {
  let isFirst = true;
  const scale: typeof workers.cluster.scale = async (...given) => {
    const loses = isFirst;
    isFirst = false;
    if (!loses || isCarriedOut) await workers.cluster.scale(...given);
    if (loses) throw lost('update deployments/scale');
  };
  return { ...workers.cluster, scale };
}
const events = () => workers.events.map(({ reason, message }) => `${reason}: ${message}`);

test('a scale whose answer was lost and that was carried out is told late, once, and as ours', async () => {
  workers.waiting = 3;
  await ticks(autoscaler({ cluster: losingScale(true) }), 3);
  expect([told[0], told.includes('scale_up')]).toEqual(['api_refused', false]);
  const why = 'RUN_WORKFLOW_TASK has 3 due or running, 1 in each worker';
  expect([workers.replicas, events()]).toEqual([3, [`ScaledUp: Scaled from 1 to 3 workers: ${why}.`]]);
});

test('one that was not carried out is told when it is, and not before', async () => {
  workers.waiting = 3;
  await ticks(autoscaler({ cluster: losingScale(false) }), 3);
  expect(told.slice(0, 2)).toEqual(['api_refused', 'scale_up']);
  expect([workers.scales.length, events()]).toEqual([1, [expect.stringMatching(/^ScaledUp: Scaled from 1 to 3/)]]);
});

test('a number that somebody else asked for after a lost answer is theirs', async () => {
  workers.waiting = 3;
  const scaler = autoscaler({ cluster: losingScale(true) });
  await ticks(scaler, 1);
  workers.scaleByHand(7);
  await ticks(scaler, 2);
  expect(events()).toEqual([expect.stringMatching(/^ForeignChange: Somebody else asked for 7 workers/)]);
});

test('the next workers are taken away no sooner after a scale-down whose answer was lost', async () => {
  workers.controllerAway = false;
  workers.replicas = 4;
  const limits = { min: 0, max: 8, stabilizationMs: 0, maxPodsDown: 1, periodMs: 30_000 };
  const scaler = autoscaler({ cluster: losingScale(true), limits });
  workers.onReport = (report) => cordons.report(report);
  await clock.pass(60_000);
  await ticks(scaler, 5);
  expect(told).toContain('rate_limited');
  expect([workers.replicas, events()]).toEqual([3, [expect.stringMatching(/^ScaledDown: Scaled from 4 to 3/)]]);
});
