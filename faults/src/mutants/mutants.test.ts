import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { scenarios } from '../scenarios/index.ts';
import { mutants } from './all.ts';

const repository = new URL('../../../', import.meta.url);

test.each(mutants.map((mutant) => [mutant.name, mutant] as const))('%s: it still applies', (_, { edits }) => {
  for (const { file, from, to } of edits) {
    const text = readFileSync(new URL(file, repository), 'utf8');
    expect(text.split(from).length - 1, from).toBe(1);
    expect(to).not.toBe(from);
  }
});

test('each mutant is played with faults that there are', () => {
  const known = scenarios.map(({ fault }) => fault);
  expect(mutants.filter(({ faults }) => !known.includes(faults)).map(({ name }) => name)).toEqual([]);
});
