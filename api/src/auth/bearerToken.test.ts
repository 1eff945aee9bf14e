import { expect, test } from 'vitest';
import { bearerToken } from './bearerToken.ts';

const token = 'aGVhZA.Ym9keQ.c2ln';

test.each([`Bearer ${token}`, `bearer ${token}`, `  BEARER   ${token} `])('%j carries a token', (header) => {
  expect(bearerToken(header)).toBe(token);
});

test('whoever sends none is asked for one, without a word of a fault', () => {
  expect(() => bearerToken(undefined)).toThrow(
    expect.objectContaining({ code: 'UNAUTHENTICATED', challenge: 'Bearer' }),
  );
});

test.each([
  ['nothing in the header', ''],
  ['no token', 'Bearer'],
  ['another scheme', `Basic ${token}`],
  ['no scheme', token],
  ['two tokens', `Bearer ${token} ${token}`],
  ['no JWT', 'Bearer opaque-token'],
  ['a JWT without a signature', 'Bearer aGVhZA.Ym9keQ.'],
  ['more parts than a signed JWT has', `Bearer ${token}.a.b`],
  ['a line break', `Bearer ${token}\nX: y`],
  ['what no token is as long as', `Bearer aGVhZA.${'x'.repeat(8_200)}.c2ln`],
])('%s is refused without asking anybody, and is not repeated', (_, header) => {
  const told = expect.objectContaining({
    code: 'UNAUTHENTICATED',
    challenge: 'Bearer error="invalid_token"',
    message: 'The token is not one that is good here.',
  });
  expect(() => bearerToken(header)).toThrow(told);
});
