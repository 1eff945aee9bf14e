import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dirBundleStore } from './dirBundleStore.ts';

const name = '5f0e3b1a-7f54-4a8e-9a43-2f6f0c1d7e01/0b6f8f7e-2f0c-4a55-9d0e-000000000001.html';
const { signal } = new AbortController();

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const filesIn = async (path: string) => (await readdir(path, { recursive: true })).toSorted();

describe('bundles in a folder', () => {
  test('a bundle is read as it was written, from the absolute path that put answers', async () => {
    const store = dirBundleStore(join(folder, 'made', 'when missing'));
    const { bundlePath } = await store.put(name, '<p>Ünïcode ✓</p>', signal);
    expect(bundlePath).toBe(join(folder, 'made', 'when missing', name));
    expect(await readFile(bundlePath, 'utf8')).toBe('<p>Ünïcode ✓</p>');
    expect(await store.get(bundlePath)).toBe('<p>Ünïcode ✓</p>');
  });

  test('a relative folder is taken from the working directory', async () => {
    const { bundlePath } = await dirBundleStore(relative(process.cwd(), folder)).put(name, 'x', signal);
    expect(bundlePath).toBe(join(folder, name));
  });

  test('a later bundle of the same name replaces the earlier one, and nothing else is left behind', async () => {
    const store = dirBundleStore(folder);
    await Promise.all(Array.from({ length: 8 }, () => store.put(name, 'one', signal)));
    const { bundlePath } = await store.put(name, 'two', signal);
    expect(await store.get(bundlePath)).toBe('two');
    expect(await filesIn(folder)).toEqual([name.split('/')[0], name]);
  });

  test.each(['x.html', 'a/b/c.html', '../a/b.html', 'a/../b.html', '/a/b.html', 'a/b.htm', 'a\\..\\b.html', ''])(
    'nothing is written under %j',
    async (bad) => {
      await expect(dirBundleStore(folder).put(bad, 'x', signal)).rejects.toMatchObject({ code: 'BUNDLE_NAME_INVALID' });
      expect(await filesIn(folder)).toEqual([]);
    },
  );

  test('a path that is not this folder’s is answered like one that is not there', async () => {
    const root = join(folder, 'bundles');
    await mkdir(join(folder, 'bundles-secret', 'story'), { recursive: true });
    await mkdir(root);
    await writeFile(join(folder, 'secret.html'), 'secret');
    await writeFile(join(folder, 'bundles-secret', 'story', 'task.html'), 'secret');
    const store = dirBundleStore(root);
    const asked = [
      join(root, name),
      `${root}/../secret.html`,
      `${root}/story/../../secret.html`,
      `${root}-secret/story/task.html`,
      join(folder, 'secret.html'),
      '/etc/passwd',
      'supabase:story-bundles/story/task.html',
      '',
    ];
    expect(await Promise.all(asked.map((path) => store.get(path)))).toEqual(asked.map(() => null));
  });

  test('an aborted write ends with its reason and leaves no file', async () => {
    const aborted = AbortSignal.abort(new Error('cancelled'));
    await expect(dirBundleStore(folder).put(name, 'x', aborted)).rejects.toThrow('cancelled');
    expect(await filesIn(folder)).toEqual([]);
  });

  test('a folder that cannot be one is refused, with the folder’s name', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const store = dirBundleStore(file);
    const refusal = { code: 'BUNDLE_STORE_REFUSED', kind: 'fatal' };
    await expect(store.prepare()).rejects.toMatchObject(refusal);
    await expect(store.put(name, 'x', signal)).rejects.toMatchObject(refusal);
    await expect(store.put(name, 'x', signal)).rejects.toThrow(file);
  });
});
