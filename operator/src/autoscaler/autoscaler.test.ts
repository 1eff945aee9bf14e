/** What the autoscaler makes of trouble, in virtual time: its own is not told as somebody else's. */
import { settingsOf } from '@story-tasks/contracts';
import { seededChance, VirtualClock } from '@story-tasks/contracts/test';
import { createLogger } from '@story-tasks/runtime';
import { beforeEach, expect, test } from 'vitest';
import { KubernetesCallError } from '../kubernetesErrors.ts';
import { Autoscaler, type AutoscalerDependencies } from './autoscaler.ts';
import { Cordons } from './cordons.ts';
import type { Reason } from './reasons.ts';
import { SimulatedWorkers } from './testing/simulatedWorkers.ts';

let clock: VirtualClock;
let workers: SimulatedWorkers;
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
  return new Autoscaler({
    mode: 'operator',
    limits: { min: 0, max: 8, stabilizationMs: 0, maxPodsDown: 8, periodMs: 0 },
    cluster: workers.cluster,
    cordons: new Cordons({ publish: workers.publish, world }),
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
