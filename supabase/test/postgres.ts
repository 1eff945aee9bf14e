/** A Postgres of a test's own: Debian's server on a free port with a data folder that goes away with it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../src/lite/freePort.ts';

const run = promisify(execFile);
const migrations = fileURLToPath(new URL('../migrations', import.meta.url));
const bootstrap = fileURLToPath(new URL('./bootstrap.sql', import.meta.url));

export interface PostgresServer {
  /** Of a superuser. */
  readonly url: string;
  /** A connection as the service role, which is what the API's key stands for. */
  connect(role?: 'service_role' | 'authenticated' | 'anon' | 'postgres'): Promise<pg.Client>;
  /** Ends every session at once, as a crash does, and starts the server again on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

function binaries(): string {
  const found = ['15', '16', '17', '14'].map((v) => `/usr/lib/postgresql/${v}/bin`).find((dir) => existsSync(dir));
  if (!found)
    throw new Error(
      'No Postgres server found under /usr/lib/postgresql: run `make test`, which installs it with apt-get.',
    );
  return found;
}

/** Postgres refuses to run as root, and CI's containers are root: then the server's own user runs it. */
async function asServerUser(program: string, args: string[]): Promise<void> {
  const full = join(binaries(), program);
  if (process.getuid?.() === 0) await run('runuser', ['-u', 'postgres', '--', full, ...args], { cwd: '/' });
  else await run(full, args);
}

async function makeDataFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'story-tasks-postgres-'));
  if (process.getuid?.() === 0) {
    const { stdout } = await run('id', ['-u', 'postgres']);
    await chown(dir, Number(stdout), -1);
  }
  return dir;
}

/**
 * Starts a server with Supabase's roles and the migrations; `migrations` applies only the first so many, and `bare`
 * nothing at all (Supabase Lite brings its own roles).
 * Durability is off: what is tested are locks and rules, and the folder is thrown away.
 */
export async function startPostgres(options: { migrations?: number; bare?: boolean } = {}): Promise<PostgresServer> {
  const dir = await makeDataFolder();
  const port = await freePort();
  const data = join(dir, 'data');
  await asServerUser('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync']);
  const settings = `-p ${port} -k ${dir} -c listen_addresses=127.0.0.1 -c wal_level=logical -c fsync=off -c max_connections=60`;
  await asServerUser('pg_ctl', ['-D', data, '-w', '-l', join(dir, 'log'), '-o', settings, 'start']);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  if (!options.bare) await applySql(url, [bootstrap, ...(await migrationFiles()).slice(0, options.migrations)]);
  return {
    url,
    connect: (role = 'service_role') => connect(url, role),
    restart: () =>
      asServerUser('pg_ctl', ['-D', data, '-m', 'immediate', '-w', '-l', join(dir, 'log'), '-o', settings, 'restart']),
    async stop() {
      await asServerUser('pg_ctl', ['-D', data, '-m', 'immediate', '-w', 'stop']);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The files in the order in which they apply. */
export async function migrationFiles(): Promise<string[]> {
  return (await readdir(migrations)).sort().map((file) => join(migrations, file));
}

/** Runs each file as one statement batch. */
export async function applySql(url: string, files: readonly string[]): Promise<void> {
  const client = await connect(url, 'postgres');
  try {
    for (const file of files) await client.query(await readFile(file, 'utf8'));
  } finally {
    await client.end();
  }
}

async function connect(url: string, role: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`set role ${role}`);
  return client;
}
