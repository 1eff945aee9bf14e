import { readdirSync, readFileSync } from 'node:fs';
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

const migrations = 'supabase/migrations/';
const made = /create (?:or replace )?function (?:public|story_tasks_internal)\.(\w+)/g;

test.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
  '%s: no later migration undoes it',
  (_, { edits }) => {
    for (const { file, from } of edits.filter((edit) => edit.file.startsWith(migrations))) {
      const text = readFileSync(new URL(file, repository), 'utf8');
      const changed = [...text.slice(0, text.indexOf(from)).matchAll(made)].at(-1)?.[1] ?? '';
      const later = readdirSync(new URL(migrations, repository)).filter((name) => `${migrations}${name}` > file);
      const again = later.filter((name) => madeIn(`${migrations}${name}`).includes(changed));
      expect(again, changed).toEqual([]);
    }
  },
);

function madeIn(file: string): string[] {
  return [...readFileSync(new URL(file, repository), 'utf8').matchAll(made)].map((match) => match[1] ?? '');
}

test('each mutant is played with faults that there are', () => {
  const known = scenarios.map(({ fault }) => fault);
  expect(mutants.filter(({ faults }) => !known.includes(faults)).map(({ name }) => name)).toEqual([]);
});
