import { expect, test } from 'vitest';
import { planRound } from './plan.ts';

test('the same seed makes the same plan, and another makes another', () => {
  expect(planRound(7)).toEqual(planRound(7));
  expect(planRound(8)).not.toEqual(planRound(7));
});

test('every kind of fault is planned by some seed', () => {
  const kinds = Array.from({ length: 300 }, (_, seed) => planRound(seed).faults.map(({ fault }) => fault.kind)).flat();
  const wanted = ['link', 'cut', 'calls', 'pub/sub', 'model', 'kill', 'freeze', 'stop', 'kill redis', 'flush redis'];
  expect([...wanted, 'end sessions'].filter((kind) => !kinds.includes(kind as (typeof kinds)[number]))).toEqual([]);
});
