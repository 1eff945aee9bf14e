/** What the migrations and the code must agree on, read from their texts. */
import { glob, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { operationNames } from '@story-tasks/contracts';
import { expect, test } from 'vitest';
import { schemaVersion } from '../src/index.ts';
import { migrationFiles } from './postgres.ts';

const src = join(import.meta.dirname, '../src');

async function sources(pattern: string): Promise<string> {
  const texts: string[] = [];
  for await (const file of glob(pattern, { cwd: src })) texts.push(await readFile(join(src, file), 'utf8'));
  return texts.join('\n');
}

async function migrations(): Promise<string> {
  return (await Promise.all((await migrationFiles()).map((file) => readFile(file, 'utf8')))).join('\n');
}

const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? '');

test('the first migration knows exactly the operations of the registry', async () => {
  const [first] = await migrationFiles();
  const text = await readFile(first ?? '', 'utf8');
  const [list = ''] = all(text, /check \(operation in \(([^)]*)\)\)/g);
  expect(all(list, /'(\w+)'/g).sort()).toEqual([...operationNames].sort());
});

test('every public function is taken from public, anon and authenticated by name', async () => {
  const text = await migrations();
  const made = all(text, /create function public\.(\w+)/g);
  const lists = all(text, /proname in \(([^)]*)\)/g).join();
  expect(made.length).toBeGreaterThan(9);
  expect(all(lists, /'(\w+)'/g).sort()).toEqual(made.sort());
});

test('every function that a repository calls is made and revoked', async () => {
  const called = all(await sources('*.ts'), /'(\w+_story_(?:\w+))'/g);
  const lists = all(await migrations(), /proname in \(([^)]*)\)/g).join();
  expect(called).toContain('save_story_work');
  expect(called.length).toBeGreaterThan(9);
  expect(called.filter((name) => !lists.includes(`'${name}'`))).toEqual([]);
});

test('each migration since the schema tells its version says its own, and the code asks for the newest', async () => {
  const files = (await migrationFiles()).map((file) => ({ file, version: basename(file).split('_')[0] ?? '' }));
  const told = await Promise.all(
    files.map(async ({ file }) => all(await readFile(file, 'utf8'), /'version', '(\d+)'/g)),
  );
  const since = files.findIndex(({ version }) => version === '20261110000000');
  expect(told.slice(since)).toEqual(files.slice(since).map(({ version }) => [version]));
  expect(schemaVersion).toBe(files.at(-1)?.version);
});

test('versions are of one form, so that their order is that of their dates', async () => {
  for (const file of await migrationFiles()) expect(basename(file)).toMatch(/^\d{14}_[a-z_]+\.sql$/);
});

test('each error has a code of its own', async () => {
  const codes = all(await sources('**/errors.ts'), /super\(\s*'([A-Z_]+)'/g);
  expect(codes.length).toBeGreaterThan(8);
  expect(codes).toEqual([...new Set(codes)]);
});
