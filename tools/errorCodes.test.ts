import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { llmErrorKinds } from '../agent-backend/src/llm/errors.ts';
import { codeLabel, knownErrorCodes } from '../runtime/src/metrics/errorCodes.ts';

/** Where a class of errors gives its code: `super('CODE', 'kind', …)` or `new CodedError('CODE', …)`. */
const given = /(?:super|new CodedError)\(\s*'([A-Z][A-Z_]+)'/g;

function codes(): { code: string; file: string }[] {
  const files = globSync('{*,clients/*}/src/**/*.ts', { exclude: (name) => name.includes('node_modules') }).filter(
    (file) => !file.endsWith('.test.ts'),
  );
  return files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(given)].map((match) => ({ code: match[1] ?? '', file })),
  );
}

test('every error code belongs to one class', () => {
  const found = codes();
  expect(found.length).toBeGreaterThan(15);
  const places = Map.groupBy(found, ({ code }) => code);
  const shared = [...places]
    .filter(([, uses]) => uses.length > 1)
    .map(([code, uses]) => `${code}: ${uses.map((use) => use.file).join(', ')}`);
  expect(shared).toEqual([]);
});

test('the codes that metrics know are those that a run or a task can fail with', () => {
  const inRuns = codes().filter(
    ({ code, file }) => /^(agent-backend|supabase)\//.test(file) && !code.startsWith('CLI_'),
  );
  /** Told by readiness, before anything runs. */
  const ofNoRun = ['SCHEMA_OUTDATED'];
  const ofNoClass = ['ENQUEUE_FAILED', 'INTERNAL', 'WORKER_LOST'];
  const expected = new Set([...inRuns.map(({ code }) => code), ...Object.keys(llmErrorKinds), ...ofNoClass]);
  const ofRuns = [...expected].filter((code) => !ofNoRun.includes(code));
  expect([...knownErrorCodes].sort()).toEqual(ofRuns.sort());
});

test('a code that nobody knows is told as INTERNAL', () => {
  expect(['LLM_AUTH', 'canary in a row', null].map(codeLabel)).toEqual(['LLM_AUTH', 'INTERNAL', 'INTERNAL']);
});
