/** Random work and random faults, for minutes of virtual time: a seed that fails can be played again. */
import { settingsOf } from '@story-tasks/contracts';
import { seeded, seededChance, VirtualClock } from '@story-tasks/contracts/test';
import { createLogger } from '@story-tasks/runtime';
import { expect, test } from 'vitest';
import { onlyLeading } from '../leadership/guarded.ts';
import { Autoscaler } from './autoscaler.ts';
import { autoscalerLoop } from './autoscalerLoop.ts';
import { annotationNames } from './cluster.ts';
import { Cordons } from './cordons.ts';
import type { Reason } from './reasons.ts';
import { SimulatedWorkers } from './testing/simulatedWorkers.ts';

const windowMs = 15_000;
const limits = { min: 0, max: 8, stabilizationMs: windowMs, maxPodsDown: 3, periodMs: 4_000 };

interface Operator {
  leads: boolean;
  stop(): Promise<void>;
}

function operator(workers: SimulatedWorkers, clock: VirtualClock, seed: number, told: Reason[]): Operator {
  const world = { clock, chance: seededChance(seed) };
  const own: { leads: boolean } = { leads: true };
  const isLeader = () => own.leads;
  const { cluster } = workers;
  const cordons = new Cordons({ publish: onlyLeading(isLeader, workers.publish), world });
  const before = workers.onReport;
  workers.onReport = (report) => {
    before(report);
    cordons.report(report);
  };
  const autoscaler = new Autoscaler({
    mode: 'operator',
    limits,
    cluster: {
      read: cluster.read,
      annotate: onlyLeading(isLeader, cluster.annotate),
      scale: onlyLeading(isLeader, cluster.scale),
      setDeletionCost: onlyLeading(isLeader, cluster.setDeletionCost),
      tell: onlyLeading(isLeader, cluster.tell),
    },
    cordons,
    readLanes: workers.readLanes,
    listBusy: workers.listBusy,
    settings: () => settingsOf({}),
    gauges: { set: () => undefined },
    count: (reason) => told.push(reason),
    world,
    logger: createLogger('test', 'silent'),
  });
  const loop = autoscalerLoop({
    autoscaler,
    onLaneEvents: () => ({ stop: async () => undefined }),
    intervalMs: 2_000,
    clock,
    isLeader,
  });
  return Object.assign(own, { stop: () => loop.stop() });
}

/** What happens in one second; mostly nothing. */
function happen(workers: SimulatedWorkers, chance: () => number): void {
  if (chance() < 0.02) workers.waiting += 1 + Math.floor(chance() * 12);
  if (chance() < 0.05) workers.rate = chance() < 0.4 ? 0 : chance() * 1.5;
  if (chance() < 0.05) workers.touch();
  workers.lanesAway = chance() < 0.03;
  workers.leasesAway = chance() < 0.03;
  workers.controllerAway = workers.controllerAway ? chance() < 0.96 : chance() < 0.01;
  const isBad = chance() < 0.2;
  workers.faults = isBad ? { calls: 0.3, answers: 0.2, messages: 0.9 } : { calls: 0.01, answers: 0, messages: 0.02 };
}

test.each(Array.from({ length: 20 }, (_, seed) => seed + 1))(
  'seed %d: no pod at work is removed, within the limits, without flapping',
  async (seed) => {
    const clock = new VirtualClock();
    const chance = seeded(seed);
    const workers = new SimulatedWorkers({ clock, chance: seededChance(seed) }, 1);
    const told: Reason[] = [];
    let leader = operator(workers, clock, seed, told);
    const former: Operator[] = [];
    for (let second = 0; second < 300; second += 1) {
      happen(workers, chance);
      if (chance() < 0.01) {
        // It notices only when it next wants to write, as one that was frozen.
        leader.leads = false;
        former.push(leader);
        leader = operator(workers, clock, seed + second, told);
      }
      await clock.pass(1_000);
    }
    expect(workers.violations).toEqual([]);
    expect(workers.scales.filter(({ to }) => to < limits.min || to > limits.max)).toEqual([]);
    expect(flaps(workers)).toEqual([]);
    expect(workers.events.filter(({ reason }) => reason === 'ForeignChange')).toEqual([]);
    expect(untrue(workers)).toEqual([]);
    // It did something.
    expect(workers.scales.some(({ from, to }) => to > from)).toBe(true);
    // When all is quiet, it ends with what is wanted.
    Object.assign(workers, { faults: { calls: 0, answers: 0, messages: 0 }, lanesAway: false, leasesAway: false });
    Object.assign(workers, { controllerAway: false, rate: 0 });
    workers.waiting = Math.min(workers.waiting, 8);
    await clock.pass(240_000);
    expect([workers.waiting, workers.replicas, workers.workers.size]).toEqual([0, 0, 0]);
    expect(workers.violations).toEqual([]);
    expect(workers.annotations[annotationNames.wrote]).toBe('0');
    const stopped = Promise.all([leader, ...former].map((each) => each.stop()));
    await clock.pass(10_000);
    await stopped;
  },
);

/** Events of scales, beyond those that there were. */
function untrue({ scales, events }: SimulatedWorkers): string[] {
  const left = scales.map(({ from, to }) => `Scaled from ${from} to ${to} workers`);
  return events.flatMap(({ message }) => {
    const found = left.findIndex((scale) => message.startsWith(scale));
    if (found !== -1) left.splice(found, 1);
    return found === -1 ? [message] : [];
  });
}

/** A scale-down soon after a scale-up. */
function flaps({ scales }: SimulatedWorkers): unknown[] {
  return scales.filter(
    ({ at, from, to }) =>
      to < from && scales.some((up) => up.to > up.from && up.at < at && at - up.at < windowMs - 1_000),
  );
}
