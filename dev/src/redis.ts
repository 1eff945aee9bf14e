/** A Redis of this start's own: the machine's redis-server, or a container where there is none. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { withoutModelSettings } from '@story-tasks/supabase/lite';
import { Redis } from 'ioredis';
import { commandExists, type StartedProcess, startProcess } from './processes.ts';

const startTimeoutMs = 30_000;

export interface RedisOptions {
  readonly dir: string;
  readonly port: number;
  readonly logFile: string;
  /** None when absent. */
  readonly password?: string;
}

/** @throws Error that says what to install when the machine has neither redis-server nor a container engine */
export async function startRedis(options: RedisOptions): Promise<StartedProcess> {
  await mkdir(options.dir, { recursive: true });
  const { command, args, cleanUp } = launchOf(options);
  const started = await startProcess({
    name: 'redis',
    command,
    args,
    env: withoutModelSettings(),
    logFile: options.logFile,
    cleanUp,
  });
  await Promise.race([answersPing(options), started.failure]).catch(async (error: unknown) => {
    await started.stop();
    throw error;
  });
  return started;
}

interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly cleanUp?: () => Promise<void>;
}

/** Jobs survive a restart (append-only file, synced each second), and a full memory refuses writes instead of losing jobs. */
const settings = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction', '--save', ''];

function launchOf({ dir, port, password }: RedisOptions): Launch {
  const secret = password === undefined ? [] : ['--requirepass', password];
  if (commandExists('redis-server')) {
    return {
      command: 'redis-server',
      args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, ...settings, ...secret],
    };
  }
  const engine = ['docker', 'podman'].find(commandExists);
  if (engine === undefined) {
    throw new Error(
      'There is no redis-server and no docker or podman here: install Redis (apt-get, brew, …) and try again.',
    );
  }
  const name = `story-tasks-redis-${port}`;
  const run = ['run', '--rm', '--name', name, '-p', `127.0.0.1:${port}:6379`, 'redis:7-bookworm', 'redis-server'];
  return { command: engine, args: [...run, ...settings, ...secret], cleanUp: () => removeContainer(engine, name) };
}

async function removeContainer(engine: string, name: string): Promise<void> {
  const removal: ChildProcess = spawn(engine, ['rm', '--force', name], { stdio: 'ignore' });
  await once(removal, 'exit');
}

async function answersPing({ port, password }: RedisOptions): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  const redis = new Redis(port, '127.0.0.1', {
    ...(password === undefined ? {} : { password }),
    lazyConnect: true,
    retryStrategy: () => 50,
    maxRetriesPerRequest: null,
  });
  redis.on('error', () => undefined);
  try {
    await Promise.race([
      redis.ping(),
      sleep(deadline - Date.now(), undefined, { ref: false }).then(() => {
        throw new Error(`Redis did not answer on port ${port} within ${startTimeoutMs / 1000} s.`);
      }),
    ]);
  } finally {
    redis.disconnect();
  }
}
