/** The migrations of this image. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Migration } from './decideMigration.ts';

/** @returns in the order in which they apply */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const files = (await readdir(folder)).sort().flatMap((file) => {
    const [, version, name] = /^(\d{14})_(.*)\.sql$/.exec(file) ?? [];
    return version === undefined || name === undefined ? [] : [{ version, name, path: join(folder, file) }];
  });
  return Promise.all(
    files.map(async ({ version, name, path }) => ({ version, name, text: await readFile(path, 'utf8') })),
  );
}
