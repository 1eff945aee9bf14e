import { expect, test } from 'vitest';
import { wasTrimmed } from './laneEvents.ts';

const redis7 = (length: number, added: number, deleted: string) => [
  'length',
  length,
  'last-generated-id',
  '9-0',
  'max-deleted-entry-id',
  deleted,
  'entries-added',
  added,
];
const redis6 = (length: number) => ['length', length, 'last-generated-id', '9-0', 'groups', 0];

test.each([
  ['has all that was ever added', redis7(3, 3, '0-0'), false],
  ['has less', redis7(3, 4, '0-0'), true],
  ['had an entry deleted', redis7(3, 3, '2-0'), true],
])('of Redis 7, a stream that %s', (_name, info, trimmed) => {
  expect(wasTrimmed(info)).toBe(trimmed);
});

test.each([
  [9_999, false],
  [10_000, true],
])('of an older Redis, a stream of %i entries was trimmed, as far as can be known: %s', (length, trimmed) => {
  expect(wasTrimmed(redis6(length))).toBe(trimmed);
});
