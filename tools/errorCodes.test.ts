import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

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
