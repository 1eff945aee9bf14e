/** Supabase Lite as a pod's own process: told to stop by SIGTERM, and heard on the pod's log. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { z } from 'zod';
import { layOutProject, liteCli, liteEnvironment } from './liteProject.ts';
import type { embeddedEnvironment } from './settings.ts';

type Settings = z.output<typeof embeddedEnvironment>;

/** Applies what is missing of the migrations. @returns the exit code */
export async function migrateEmbedded(settings: Settings): Promise<number> {
  await layOut(settings);
  return runLite(settings, ['migration', 'up']);
}

/** Serves until SIGTERM or SIGINT. @returns the exit code */
export async function serveEmbedded(settings: Settings): Promise<number> {
  await layOut(settings);
  return runLite(settings, ['start', '--no-admin', '--host', '0.0.0.0']);
}

function layOut({ LITE_DIR, LITE_PORT, ...keys }: Settings): Promise<void> {
  return layOutProject({
    dir: LITE_DIR,
    port: LITE_PORT,
    storage: true,
    keys: {
      publishableKey: keys.LITE_PUBLISHABLE_KEY,
      secretKey: keys.LITE_SECRET_KEY,
      jwtSecret: keys.LITE_JWT_SECRET,
    },
  });
}

async function runLite({ LITE_DIR }: Settings, args: readonly string[]): Promise<number> {
  const env = { PATH: process.env['PATH'], HOME: LITE_DIR, ...liteEnvironment };
  const lite = spawn(process.execPath, [liteCli, ...args], {
    cwd: LITE_DIR,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  let told = false;
  const stop = () => {
    told = true;
    lite.kill('SIGTERM');
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, stop);
  const [code] = (await once(lite, 'exit')) as [number | null];
  return told ? 0 : (code ?? 1);
}
