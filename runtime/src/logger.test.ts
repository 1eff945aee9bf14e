import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';

/** What a line says, as a process would write it. */
function logged(fields: Record<string, unknown>): string {
  const lines: string[] = [];
  createLogger('test', 'info', { write: (text) => void lines.push(text) }).info(fields, 'a message');
  return lines.join('');
}

test('an error is logged by type, code and place, never by what it says or carries', () => {
  const error = Object.assign(new Error('key=canary', { cause: new Error('canary') }), {
    code: 'X',
    headers: { apikey: 'canary' },
  });
  const line = logged({ error });
  expect(JSON.parse(line)).toMatchObject({ component: 'test', error: { type: 'Error', code: 'X' } });
  expect(line).not.toContain('canary');
  expect(line).toContain('logger.test.ts');
});

test('a thrown value that is no error is logged by its type alone', () => {
  expect(JSON.parse(logged({ error: 'canary' }))).toMatchObject({ error: { type: 'string' } });
});

test('a message of several lines does not reach the log through the stack', () => {
  expect(logged({ error: new Error('first\nsecond\n   at canary') })).not.toMatch(/second|canary/);
});

test('fields that may carry a secret or a prompt are cut out', () => {
  const line = logged({
    authorization: 'canary',
    request: { headers: { cookie: 'canary' } },
    story: { initialPrompt: 'canary' },
  });
  expect(line).not.toContain('canary');
});
