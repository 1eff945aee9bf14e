/** A folder as Supabase Lite wants it: its configuration, and the migrations to apply. */
import { cp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const migrations = fileURLToPath(new URL('../../migrations', import.meta.url));

/** Supabase Lite's command line, to be run by Node. */
export const liteCli = join(dirname(fileURLToPath(import.meta.resolve('@supabase/lite/cli'))), 'index.js');

/** It keeps to itself, serves storage, and colours nothing. */
export const liteEnvironment = { LITE_TELEMETRY: '0', EXPERIMENTAL_STORAGE: '1', NO_COLOR: '1' } as const;

export interface ProjectKeys {
  readonly publishableKey: string;
  readonly secretKey: string;
  /** Signs the tokens of users; HS256. */
  readonly jwtSecret: string;
}

export interface LiteProject {
  readonly dir: string;
  readonly port: number;
  readonly keys: ProjectKeys;
  /** A Postgres to use in place of PGlite. */
  readonly postgresUrl?: string | undefined;
  readonly storage?: boolean | undefined;
}

export async function layOutProject({ dir, port, keys, postgresUrl, storage = false }: LiteProject): Promise<void> {
  const folder = join(dir, 'supabase');
  await cp(migrations, join(folder, 'migrations'), { recursive: true });
  const config = [
    `[api]\nport = ${port}`,
    postgresUrl
      ? `[db]\ndriver = "postgres"\nurl = "${postgresUrl}"`
      : '[db]\ndriver = "pglite"\nurl = "supabase/.temp/data"',
    `[auth]\nenabled = true\njwt_secret = "${keys.jwtSecret}"`,
    `publishable_key = "${keys.publishableKey}"\nsecret_key = "${keys.secretKey}"`,
    `[storage]\nenabled = ${storage}`,
  ];
  await writeFile(join(folder, 'config.toml'), `${config.join('\n')}\n`, { mode: 0o600 });
}
