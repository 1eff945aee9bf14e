/** Contenders for one Lease, in time that passes when a test says so, with the durations that are used. */
import type { Clock } from '@story-tasks/contracts';
import { seededChance, VirtualClock } from '@story-tasks/contracts/test';
import { createLogger } from '@story-tasks/runtime';
import { beforeEach, expect, test } from 'vitest';
import { KubernetesCallError } from '../kubernetesErrors.ts';
import type { LeaseRecord } from './decideLeadership.ts';
import { LeaseLeadership } from './leaseLeadership.ts';
import type { LeaseContent, Leases } from './leases.ts';

/** A machine whose clock is off by so much, and whose processes can be frozen: callbacks wait until they thaw. */
class Machine implements Clock {
  #frozen = false;
  readonly #held: (() => void)[] = [];
  readonly #clock: VirtualClock;
  readonly #skew: number;

  constructor(clock: VirtualClock, skew: number) {
    this.#clock = clock;
    this.#skew = skew;
  }

  now = () => this.#clock.now() + this.#skew;
  date = () => this.#clock.date() + this.#skew;
  after = (milliseconds: number, callback: () => void) =>
    this.#clock.after(milliseconds, () => {
      if (this.#frozen) this.#held.push(callback);
      else callback();
    });

  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
    for (const callback of this.#held.splice(0)) callback();
  }
}

let clock: VirtualClock;
let lease: LeaseRecord | null;
let version: number;
let asked: string[];
beforeEach(() => {
  clock = new VirtualClock();
  lease = null;
  version = 1;
  asked = [];
});

const write = (content: LeaseContent, date: number): LeaseRecord => {
  version += 1;
  lease = { ...content, renewTime: String(date), resourceVersion: String(version) };
  return lease;
};

/** @param fault thrown, or `slow`: the call is never answered; undefined: it is taken */
function leasesOf(machine: Machine, fault: (call: string) => Error | 'hang' | undefined): Leases {
  const calling = async <T>(call: string, work: () => T): Promise<T> => {
    asked.push(call);
    const told = fault(call);
    if (told === 'hang') return new Promise(() => undefined);
    if (told !== undefined) throw told;
    return work();
  };
  return {
    read: () => calling('get', () => lease),
    create: (content) => calling('create', () => (lease === null ? write(content, machine.date()) : null)),
    replace: (seen, content) =>
      calling('update', () =>
        lease?.resourceVersion === seen.resourceVersion ? write(content, machine.date()) : null,
      ),
  };
}

const away = new KubernetesCallError('get leases', null, null);

type Fault = (call: string) => Error | 'hang' | undefined;

function contender(identity: string, skew = 0) {
  const machine = new Machine(clock, skew);
  const link: { fault: Fault } = { fault: () => undefined };
  const leadership = new LeaseLeadership({
    leases: leasesOf(machine, (call) => link.fault(call)),
    identity,
    leaseSeconds: 10,
    renewSeconds: 6,
    retrySeconds: 2,
    world: { clock: machine, chance: seededChance(identity.length) },
    logger: createLogger('test', 'silent'),
  });
  const changes: (number | null)[] = [];
  leadership.onChange(() => changes.push(leadership.epoch()));
  leadership.start();
  return { leadership, machine, changes, link };
}

/** In steps short enough that nobody leads for one unseen. @returns how often two led at once */
async function passWatching(milliseconds: number, ...all: { leadership: LeaseLeadership }[]): Promise<number> {
  let together = 0;
  for (let passed = 0; passed < milliseconds; passed += 50) {
    await clock.pass(50);
    if (all.filter(({ leadership }) => leadership.isLeader()).length > 1) together += 1;
  }
  return together;
}

test('one of two leads, and goes on leading', async () => {
  const [first, second] = [contender('a'), contender('bb')];
  expect(await passWatching(120_000, first, second)).toBe(0);
  expect([first.leadership.isLeader(), second.leadership.isLeader()]).toEqual([true, false]);
  expect(first.changes).toHaveLength(1);
});

test('when the holder falls silent, another leads within 15 seconds, in the next epoch', async () => {
  const [first, second] = [contender('a'), contender('bb')];
  await passWatching(9_000, first, second);
  const epoch = first.leadership.epoch() ?? Number.NaN;
  first.link.fault = () => away;
  expect(await passWatching(15_000, first, second)).toBe(0);
  expect([first.leadership.epoch(), second.leadership.epoch()]).toEqual([null, epoch + 1]);
});

test.each([-3_600_000, 3_600_000])('clocks that are %d ms apart change nothing of it', async (skew) => {
  const [first, second] = [contender('a'), contender('bb', skew)];
  expect(await passWatching(60_000, first, second)).toBe(0);
  expect(first.leadership.isLeader()).toBe(true);
  first.link.fault = () => away;
  expect(await passWatching(15_000, first, second)).toBe(0);
  expect(second.leadership.isLeader()).toBe(true);
});

test.each([
  ['is away', away],
  ['refuses with 429', new KubernetesCallError('update leases', 429, 1_000)],
  ['does not answer', 'hang' as const],
])('a leader whose API server %s steps down at the renew deadline, and not before', async (_name, told) => {
  const only = contender('a');
  await clock.pass(0);
  only.link.fault = () => told;
  await clock.pass(5_999);
  expect(only.leadership.isLeader()).toBe(true);
  await clock.pass(1);
  expect(only.leadership.isLeader()).toBe(false);
  await clock.pass(1);
  expect(only.changes).toEqual([expect.any(Number), null]);
});

test('one call that hangs does not cost the leadership', async () => {
  const only = contender('a');
  await clock.pass(1_000);
  only.link.fault = () => {
    only.link.fault = () => undefined;
    return 'hang';
  };
  await clock.pass(30_000);
  expect(only.changes).toHaveLength(1);
});

test('a leader that was cut off for a while leads on in its epoch when nobody took the Lease', async () => {
  const only = contender('a');
  await clock.pass(100);
  const epoch = only.leadership.epoch();
  only.link.fault = () => away;
  await clock.pass(30_000);
  expect(only.leadership.epoch()).toBe(null);
  only.link.fault = () => undefined;
  await clock.pass(2_400);
  expect(only.leadership.epoch()).toBe(epoch);
});

test('a leader that was frozen sees at the first look that it leads no more, before any of its timers', async () => {
  const [first, second] = [contender('a'), contender('bb')];
  await passWatching(5_000, first, second);
  first.machine.freeze();
  await passWatching(60_000, first, second);
  expect([first.leadership.isLeader(), first.leadership.epoch()]).toEqual([false, null]);
  expect(second.leadership.isLeader()).toBe(true);
  first.machine.thaw();
  expect(await passWatching(30_000, first, second)).toBe(0);
  expect(second.changes).toHaveLength(1);
});

test('a write of a leader that thawed late is refused by the Lease’s version', async () => {
  const [first, second] = [contender('a'), contender('bb')];
  await passWatching(5_000, first, second);
  const stale = lease as LeaseRecord;
  first.machine.freeze();
  await passWatching(20_000, first, second);
  const late = leasesOf(first.machine, () => undefined);
  expect(await late.replace(stale, { holder: 'a', durationSeconds: 10, transitions: stale.transitions })).toBe(null);
  expect(lease).toMatchObject({ holder: 'bb' });
});

test('a leader that stops hands over at once', async () => {
  const [first, second] = [contender('a'), contender('bb')];
  await passWatching(5_000, first, second);
  await first.leadership.stop();
  expect(lease).toMatchObject({ holder: '' });
  expect(await passWatching(2_400, first, second)).toBe(0);
  expect(second.leadership.isLeader()).toBe(true);
});

test('a standby that stops leaves the Lease alone', async () => {
  const [first, second] = [contender('a'), contender('bb')];
  await passWatching(5_000, first, second);
  asked.length = 0;
  await second.leadership.stop();
  expect(asked).toEqual([]);
  expect(clock.waiting).toBeGreaterThan(0);
  expect(first.leadership.isLeader()).toBe(true);
});

test('the epoch of a Lease that was deleted and made anew is above those before', async () => {
  const first = contender('a');
  await clock.pass(100);
  const epoch = first.leadership.epoch() ?? Number.NaN;
  lease = null;
  await clock.pass(2_400);
  const second = first.leadership.epoch() ?? Number.NaN;
  expect(second).toBeGreaterThan(epoch);
  await first.leadership.stop();
  lease = null;
  await clock.pass(60_000);
  const other = contender('bb');
  await clock.pass(100);
  expect(other.leadership.epoch()).toBeGreaterThan(second);
});
