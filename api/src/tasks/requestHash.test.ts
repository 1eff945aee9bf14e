import { expect, test } from 'vitest';
import { requestHash } from './requestHash.ts';

test('the order of keys does not matter, at any depth', () => {
  expect(requestHash({ a: 1, b: { c: [{ d: 1, e: 2 }], f: 3 } })).toBe(
    requestHash({ b: { f: 3, c: [{ e: 2, d: 1 }] }, a: 1 }),
  );
});

test('a key without a value is as good as none', () => {
  expect(requestHash({ a: 1, b: undefined })).toBe(requestHash({ a: 1 }));
});

test.each([
  [{ a: 1 }, { a: '1' }],
  [{ a: [1, 2] }, { a: [2, 1] }],
  [{ a: null }, {}],
  [{ a: { b: 1 } }, { 'a.b': 1 }],
])('%j and %j are told apart', (one, other) => {
  expect(requestHash(one)).not.toBe(requestHash(other));
});
