/**
 * Supabase Lite, the small server that development and tests run in place of a Supabase project: PGlite or a given
 * Postgres behind the same REST, auth and storage calls.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './freePort.ts';
import { layOutProject, liteCli, liteEnvironment, type ProjectKeys } from './liteProject.ts';
import { withoutModelSettings } from './withoutModelSettings.ts';

export { freePort, withoutModelSettings };

const startTimeoutMs = 60_000;

export interface LiteOptions {
  /** Where the project and, with PGlite, its data are kept; made when it is missing. */
  readonly dir: string;
  /** A free one when absent. */
  readonly port?: number;
  /** A Postgres to use in place of PGlite. */
  readonly postgresUrl?: string;
  readonly storage?: boolean;
}

export interface LiteServer {
  readonly url: string;
  readonly secretKey: string;
  readonly publishableKey: string;
  /** Signs the tokens of users; HS256. */
  readonly jwtSecret: string;
  readonly pid: number;
  /** Rejects when the server ends before it is stopped. */
  readonly failure: Promise<never>;
  stop(): Promise<void>;
}

/** Brings the schema up to date and starts the server. @throws Error with the server's own words when it does not start */
export async function startLite(options: LiteOptions): Promise<LiteServer> {
  const port = options.port ?? (await freePort());
  const keys = await keptKeys(options.dir);
  await layOutProject({ ...options, port, keys });
  await migrateLite(options.dir);
  const child = runLite(options.dir, ['start', '--no-admin']);
  const url = `http://127.0.0.1:${port}`;
  let stopping = false;
  const failure = once(child.process, 'exit').then((): Promise<never> => {
    return stopping ? new Promise(() => undefined) : failed('start', child.output());
  });
  failure.catch(() => undefined);
  const stop = () => {
    stopping = true;
    return stopChild(child.process);
  };
  await Promise.race([answers(url, keys.publishableKey), failure]).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { url, ...keys, pid: child.process.pid ?? 0, failure, stop };
}

/** Applies what is missing of the migrations. */
async function migrateLite(dir: string): Promise<void> {
  const child = runLite(dir, ['migration', 'up']);
  const [code] = (await once(child.process, 'exit')) as [number | null];
  if (code !== 0) failed('migration up', child.output());
}

/** Keys are made once for a folder, so that clients of an earlier start stay valid. */
async function keptKeys(dir: string): Promise<ProjectKeys> {
  const file = join(dir, 'keys.json');
  await mkdir(dir, { recursive: true });
  const kept = await readFile(file, 'utf8').catch(() => null);
  if (kept !== null) return JSON.parse(kept) as ProjectKeys;
  const random = () => randomBytes(24).toString('base64url');
  const keys = {
    publishableKey: `sb_publishable_${random()}`,
    secretKey: `sb_secret_${random()}`,
    jwtSecret: `${random()}${random()}`,
  };
  await writeFile(file, JSON.stringify(keys), { mode: 0o600 });
  return keys;
}

function runLite(dir: string, args: string[]): { process: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [liteCli, ...args], {
    cwd: dir,
    // It leaves a folder at home, whoever's that is.
    env: { ...withoutModelSettings(), HOME: dir, ...liteEnvironment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own: Ctrl-C in a terminal is for whoever started it, who then stops it in its turn.
    detached: true,
  });
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return { process: child, output: () => output };
}

function failed(step: string, output: string): never {
  const words = output.replaceAll(/sb_(secret|publishable)_\S+/g, 'sb_$1_…').trim();
  throw new Error(`Supabase Lite failed in "${step}". It said:\n${words}`);
}

async function answers(url: string, key: string): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline) {
    const up = await fetch(`${url}/rest/v1/`, { headers: { apikey: key } }).then(
      () => true,
      () => false,
    );
    if (up) return;
    await sleep(50);
  }
  throw new Error(`Supabase Lite did not answer at ${url} within ${startTimeoutMs / 1000} s.`);
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const forced = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await exited;
  clearTimeout(forced);
}
