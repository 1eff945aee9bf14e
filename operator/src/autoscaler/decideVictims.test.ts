import { expect, test } from 'vitest';
import { decideVictims, deletionCostOf, isMarked } from './decideVictims.ts';
import { inRemovalOrder, safeRemovals, type WorkerPod } from './pods.ts';

const pod = (name: string, changes: Partial<WorkerPod> = {}): WorkerPod => ({
  name,
  replicaSet: 'rs-1',
  isAssigned: true,
  phase: 'Running',
  isReady: true,
  isRunning: true,
  createdAt: 0,
  deletionCost: 0,
  ...changes,
});
const pending = { isAssigned: false, phase: 'Pending', isReady: false, isRunning: false } as const;
const unready = { isReady: false } as const;
const busy = (...names: string[]) => new Map(names.map((name) => [name, 1_000]));

const cases: [string, WorkerPod[], Map<string, number>, number, number, string[], number, string][] = [
  [
    'the youngest of the idle go',
    [pod('a', { createdAt: 1 }), pod('b', { createdAt: 3 }), pod('c', { createdAt: 2 })],
    busy(),
    3,
    1,
    ['b', 'c'],
    1,
    'scale_down',
  ],
  ['one at work stays, however young', [pod('a'), pod('b', { createdAt: 9 })], busy('b'), 2, 1, ['a'], 1, 'scale_down'],
  [
    'fewer than wanted go when the others are at work',
    [pod('a'), pod('b'), pod('c')],
    busy('a', 'b'),
    3,
    0,
    ['c'],
    2,
    'scale_down',
  ],
  ['all at work: none goes', [pod('a'), pod('b')], busy('a', 'b'), 2, 1, [], 2, 'all_busy'],
  [
    'an idle one that is not ready goes before a ready one',
    [pod('a', { createdAt: 9 }), pod('b', unready)],
    busy(),
    2,
    1,
    ['b'],
    1,
    'scale_down',
  ],
  [
    'a pending one goes before one that is not ready',
    [pod('a', unready), pod('b', pending)],
    busy(),
    2,
    1,
    ['b'],
    1,
    'scale_down',
  ],
  [
    'one at work that is not ready would go first: none goes',
    [pod('a'), pod('b', unready), pod('c')],
    busy('b'),
    3,
    1,
    [],
    3,
    'unready_pod',
  ],
  [
    'those that go before it may',
    [pod('a'), pod('b', unready), pod('c', pending)],
    busy('b'),
    3,
    1,
    ['c'],
    2,
    'scale_down',
  ],
  [
    'more pods than asked for: some are about to go already',
    [pod('a'), pod('b'), pod('c')],
    busy(),
    2,
    1,
    [],
    2,
    'settling',
  ],
  ['fewer pods than asked for: what is missing needs no victim', [pod('a')], busy('a'), 4, 2, [], 2, 'scale_down'],
  ['fewer pods than asked for, and one too many', [pod('a'), pod('b')], busy('a'), 4, 1, ['b'], 1, 'scale_down'],
  ['pods of two versions', [pod('a'), pod('b', { replicaSet: 'rs-2' })], busy(), 2, 1, [], 2, 'rolling_out'],
  ['to none', [pod('a'), pod('b')], busy(), 2, 0, ['a', 'b'], 0, 'scale_down'],
];
test.each(cases)('%s', (_name, pods, atWork, replicas, wanted, names, target, reason) => {
  const decided = decideVictims(pods, atWork, replicas, wanted);
  expect({ ...decided, victims: decided.victims.map(({ name }) => name) }).toEqual({ victims: names, target, reason });
});

test('the count of safe removals ends before the first pod that may not go', () => {
  const pods = [
    pod('a'),
    pod('b', { deletionCost: -3 }),
    pod('c', { ...unready, deletionCost: 99 }),
    pod('d', pending),
  ];
  expect(inRemovalOrder(pods).map(({ name }) => name)).toEqual(['d', 'c', 'b', 'a']);
  expect(safeRemovals(pods, ({ name }) => name === 'd' || name === 'b')).toBe(1);
  expect(safeRemovals(pods, ({ name }) => name !== 'a')).toBe(3);
  expect(safeRemovals(pods, () => true)).toBe(4);
});

const minute = 60_000;
test.each([
  ['an idle pod', 'a', null, 0],
  ['one at work for a second', 'a', 1_000, 1],
  ['for a minute', 'a', minute, 2],
  ['for ten minutes', 'a', 10 * minute, 4],
  ['for eleven minutes, which is not worth another write', 'a', 11 * minute, 4],
  ['for half an hour', 'a', 30 * minute, 5],
  ['the first victim', 'v', null, -1_000_000],
  ['the second victim', 'w', 5 * minute, -999_999],
])('what the removal of %s costs', (_name, name, busyMs, cost) => {
  const atWork = new Map(busyMs === null ? [] : [[name, busyMs]]);
  expect(deletionCostOf({ name }, [pod('v'), pod('w')], atWork)).toBe(cost);
  expect(isMarked(pod(name, { deletionCost: cost }))).toBe(cost < 0);
});

test('what a person wrote is no mark of ours', () => {
  expect(isMarked(pod('a', { deletionCost: -100 }))).toBe(false);
});
