import { expect, test } from 'vitest';
import { RequestInvalidError } from '../errors.ts';
import { cursorOf, positionOf } from './cursor.ts';

const position = { createdAtMicros: 1_795_327_491_123_456, id: '11111111-1111-1111-1111-111111111111' };
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('a cursor is read back to the microsecond, and fits into a URL as it is', () => {
  expect(positionOf(cursorOf(position))).toEqual(position);
  expect(cursorOf(position)).toMatch(/^[\w-]+$/);
});

test.each([
  ['nothing', ''],
  ['words', 'next page'],
  ['an id alone', position.id],
  ['no list', encoded(position)],
  ['a time that is no number', encoded(['2026', position.id])],
  ['a fraction of a microsecond', encoded([1.5, position.id])],
  ['a time beyond exact numbers', encoded([2 ** 60, position.id])],
  ['an id that is no uuid', encoded([1, "' or true"])],
  ['something more', encoded([1, position.id, 2])],
])('%s is no cursor', (_, cursor) => {
  expect(() => positionOf(cursor)).toThrow(RequestInvalidError);
});
