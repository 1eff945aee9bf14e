/** A copy of the code in which mutants are planted: its packages are the original's, its own parts are the copy's. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Edit } from './mutant.ts';

const original = fileURLToPath(new URL('../../..', import.meta.url));
const scope = '@story-tasks';
const leftOut = new Set(['node_modules', '.git', '.local', 'test-results']);

export interface CodeCopy extends AsyncDisposable {
  readonly dir: string;
  /** Plants the edits. @throws Error when one does not apply exactly once @returns takes them back */
  plant(edits: readonly Edit[]): Promise<() => Promise<void>>;
}

export async function copyCode(): Promise<CodeCopy> {
  const dir = await mkdtemp(join(tmpdir(), 'story-tasks-mutants-'));
  await cp(original, dir, { recursive: true, filter: (source) => !leftOut.has(basename(source)) });
  await linkPackages(dir);
  return {
    dir,
    plant: (edits) => plant(dir, edits),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

async function linkPackages(dir: string): Promise<void> {
  const [from, to] = [join(original, 'node_modules'), join(dir, 'node_modules')];
  await mkdir(join(to, scope), { recursive: true });
  const packages = (await readdir(from)).filter((name) => name !== scope);
  await Promise.all(packages.map((name) => symlink(join(from, name), join(to, name))));
  // npm's links to the parts are relative, so they lead into the copy.
  await cp(join(from, scope), join(to, scope), { recursive: true, verbatimSymlinks: true });
}

async function plant(dir: string, edits: readonly Edit[]): Promise<() => Promise<void>> {
  const before = new Map<string, string>();
  for (const { file, from, to } of edits) {
    const path = join(dir, file);
    const text = await readFile(path, 'utf8');
    const found = text.split(from).length - 1;
    if (found !== 1) throw new Error(`${file} has the text ${found} times: ${from}`);
    if (!before.has(path)) before.set(path, text);
    await writeFile(
      path,
      text.replace(from, () => to),
    );
  }
  return async () => {
    for (const [path, text] of before) await writeFile(path, text);
  };
}
