import { expect, test } from 'vitest';
import { decideResize, decideSlots } from './decideSlots.ts';

test.each([
  [false, false, false, 3],
  [true, false, false, 0],
  [false, true, false, 0],
  [false, false, true, 0],
])('slots: draining %s, cordoned %s, paused %s: %i', (draining, cordoned, paused, slots) => {
  expect(decideSlots({ draining, cordoned, settings: { concurrency: 3, paused } })).toBe(slots);
});

test.each([
  ['from none', 0, 0, 3, 3],
  ['as many as there are', 3, 0, 3, 0],
  ['raised', 1, 0, 10, 9],
  ['lowered', 10, 0, 1, -9],
  ['to none', 3, 0, 0, -3],
  ['raised while those of before still run', 1, 9, 10, 0],
  ['raised while more than before still run', 1, 6, 10, 3],
  ['lowered while more leave than may run: nobody stays', 5, 5, 5, -5],
  ['lowered, and still too many run', 0, 10, 5, 0],
  ['one of too many has ended', 0, 4, 5, 1],
])('a pool %s: %i open and %i leaving of %i slots: %i', (_name, open, leaving, slots, change) => {
  expect(decideResize(open, leaving, slots)).toBe(change);
});
