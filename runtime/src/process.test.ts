import { expect, test } from 'vitest';
import { EnvironmentError, processEnvironment } from './environment.ts';
import { runProcess } from './process.ts';

/** The exit code. */
const ended = (fault: Error): Promise<number> =>
  runProcess({
    name: 'test',
    settings: processEnvironment,
    start: () => Promise.reject(fault),
    stopWithinMs: () => 0,
  });

test.each([
  ['settings that do not go together', new EnvironmentError(['OPERATIONS_FILE: set one']), 2],
  ['any other fault', new Error('no port'), 1],
])('a start that fails for %s ends with the code of that', async (_, fault, code) => {
  expect(await ended(fault)).toBe(code);
});
