/** A Supabase Lite of a test's own, in a folder that goes away with it. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LiteServer, startLite as start } from '../src/lite/liteServer.ts';

const migrations = fileURLToPath(new URL('../migrations', import.meta.url));

/**
 * Starts a server with an empty, migrated database. Making that database takes seconds, so the first test to need one
 * leaves a copy for the others; it is named by what the migrations say, and so never outlives them.
 */
export async function startLite(options: { postgresUrl?: string; storage?: boolean } = {}): Promise<LiteServer> {
  const dir = await mkdtemp(join(tmpdir(), 'story-tasks-lite-'));
  const template = await templatePath();
  if (!options.postgresUrl) {
    if (!existsSync(template)) await makeTemplate(template);
    await cp(template, dir, { recursive: true });
  }
  const server = await start({ dir, ...options });
  return {
    ...server,
    async stop() {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function templatePath(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of (await readdir(migrations)).sort()) hash.update(await readFile(join(migrations, file)));
  return join(tmpdir(), `story-tasks-template-${hash.digest('hex').slice(0, 16)}`);
}

/** Two test files may make it at once: the rename of the later one fails on a folder that is there, and is not needed. */
async function makeTemplate(template: string): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'story-tasks-lite-'));
  const server = await start({ dir });
  await server.stop();
  await rename(dir, template).catch(() => rm(dir, { recursive: true, force: true }));
}
