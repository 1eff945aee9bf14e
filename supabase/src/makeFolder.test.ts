import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder } from './makeFolder.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'story-tasks-folder-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('a folder is made with those above it, and again without harm, by two at once too', async () => {
  const dir = join(root, 'a', 'b', 'c');
  await Promise.all([makeFolder(dir), makeFolder(dir)]);
  await makeFolder(dir);
  expect((await stat(dir)).isDirectory()).toBe(true);
});

test('a file in the way is an error', async () => {
  await writeFile(join(root, 'file'), '');
  await expect(makeFolder(join(root, 'file'))).rejects.toThrow('EEXIST');
  await expect(makeFolder(join(root, 'file', 'below'))).rejects.toThrow('ENOTDIR');
});

test.runIf(process.platform === 'linux')('where no folder can ever be made it fails at once', async () => {
  await expect(makeFolder('/proc/nope/below')).rejects.toThrow('ENOENT');
});
