import { expect, test } from 'vitest';
import { loggedError } from './logger.ts';

test('an error is logged by type, code and place, never by what it says or carries', () => {
  const error = Object.assign(new Error('key=canary', { cause: new Error('canary') }), {
    code: 'X',
    headers: { apikey: 'canary' },
  });
  const logged = loggedError(error);
  expect(logged).toMatchObject({ type: 'Error', code: 'X' });
  expect(JSON.stringify(logged)).not.toContain('canary');
  expect(JSON.stringify(logged)).toContain('logger.test.ts');
});

test('a thrown value that is no error is logged by its type alone', () => {
  expect(loggedError('canary')).toEqual({ type: 'string' });
});

test('a message of several lines does not reach the log through the stack', () => {
  expect(JSON.stringify(loggedError(new Error('first\nsecond\n   at canary')))).not.toMatch(/second|canary/);
});
