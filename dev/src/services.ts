/** The whole system on one machine: Redis, Supabase Lite, API, worker and operator, each a process. */
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePort, startLite } from '@story-tasks/supabase/lite';
import { prepareOperationsFile } from './operationsFile.ts';
import { type Part, startPart } from './parts.ts';
import type { StartedProcess } from './processes.ts';
import { startRedis } from './redis.ts';
import type { DevSettings } from './settings.ts';
import { lockState, type StateLock } from './stateLock.ts';

const defaultApiPort = 8080;

export interface Services {
  readonly apiUrl: string;
  readonly redisUrl: string;
  readonly bundles: string;
  readonly logs: string;
  /** The settings of operations, for whoever edits them while all runs. */
  readonly operationsFile: string;
  /** Variables for the `agent-backend` command, as a shell reads them; only its owner may, for a key is among them. */
  readonly environmentFile: string;
  /** The processes, for a test that takes one away. */
  readonly processes: Record<'redis' | 'lite' | 'operator' | 'api', { stop(): Promise<void> }>;
  /** Where the present processes tell of their health and their metrics. */
  opsUrls(): Record<Part, string>;
  /** Where the present worker tells of its health. */
  workerHealthUrl(): string;
  /** The present worker, for a test that has it crash. */
  worker(): Pick<StartedProcess, 'stop' | 'kill' | 'freeze' | 'thaw'>;
  /** Rejects when one of the processes ends by itself. */
  readonly failure: Promise<never>;
  /** Stops the worker, and starts one with these variables besides the common ones. */
  replaceWorker(env: Readonly<Record<string, string>>): Promise<void>;
  /** The present API's process id. */
  apiPid(): number;
  /** Stops the API, and starts one at the same address. */
  replaceApi(): Promise<void>;
  /** Starts a worker beside the present one, and makes it the present one. */
  addWorker(env: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts everything, in the order in which one needs the other.
 * @param tell is told each service that is up
 * @param signal stops the start between two services
 * @throws Error in words, after everything that was started is stopped again
 */
export async function startServices(
  settings: DevSettings,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<Services> {
  const stack = new AsyncDisposableStack();
  try {
    const lock = await lockState(settings.stateDir);
    stack.defer(() => lock.release());
    const services = await startAll(
      settings,
      (line) => {
        signal.throwIfAborted();
        tell(line);
      },
      stack,
      lock,
    );
    signal.throwIfAborted();
    return services;
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function startAll(
  { stateDir, apiPort, offlineLatencyMs }: DevSettings,
  tell: (line: string) => void,
  stack: AsyncDisposableStack,
  lock: StateLock,
): Promise<Services> {
  const port = await chooseApiPort(apiPort);
  const logs = join(stateDir, 'logs');
  const bundles = join(stateDir, 'bundles');
  await mkdir(logs, { recursive: true });
  const operationsFile = await prepareOperationsFile(stateDir);
  const { redis, lite, redisUrl } = await startPlatform(stateDir, logs, tell, stack, lock);

  const common = {
    REDIS_URL: redisUrl,
    SUPABASE_URL: lite.url,
    SUPABASE_SECRET_KEY: lite.secretKey,
    BUNDLE_STORE: `dir:${bundles}`,
    OPERATIONS_FILE: operationsFile,
    HOST: '127.0.0.1',
    OPS_HOST: '127.0.0.1',
  };
  const start = async (part: Part, env: Readonly<Record<string, string>>) => {
    const started = await startPart({ part, env: { ...common, ...env }, logs });
    await lock.note(started.pid);
    return started;
  };
  const workerFailure = Promise.withResolvers<never>();
  const startWorker = async (env: Readonly<Record<string, string>>) => {
    const started = await start('worker', env);
    started.failure.catch(workerFailure.reject);
    stack.defer(() => started.stop());
    return started;
  };
  let worker = await startWorker(
    offlineLatencyMs === undefined ? {} : { OFFLINE_LATENCY_MS: String(offlineLatencyMs) },
  );
  const operator = await start('operator', {});
  stack.defer(() => operator.stop());
  let api = await start('api', { PORT: String(port) });
  stack.defer(() => api.stop());
  const apiUrl = `http://127.0.0.1:${port}`;
  tell(`api            ${apiUrl}`);
  tell('worker, operator');

  const environmentFile = await writeEnvironment(stateDir, common);
  stack.defer(() => rm(environmentFile, { force: true }));
  return {
    apiUrl,
    redisUrl,
    bundles,
    logs,
    operationsFile,
    environmentFile,
    processes: { redis, lite, operator, api: { stop: () => api.stop() } },
    opsUrls: () => ({ api: api.opsUrl, worker: worker.opsUrl, operator: operator.opsUrl }),
    workerHealthUrl: () => `${worker.opsUrl}/healthz`,
    worker: () => worker,
    failure: Promise.race([workerFailure.promise, ...[redis, lite, operator, api].map((started) => started.failure)]),
    async replaceWorker(env) {
      await worker.stop();
      worker = await startWorker(env);
    },
    async addWorker(env) {
      worker = await startWorker(env);
    },
    apiPid: () => api.pid,
    async replaceApi() {
      await api.stop();
      api = await start('api', { PORT: String(port) });
    },
    stop: () => stack.disposeAsync(),
  };
}

/** What the parts stand on. */
async function startPlatform(
  stateDir: string,
  logs: string,
  tell: (line: string) => void,
  stack: AsyncDisposableStack,
  lock: StateLock,
) {
  const port = await freePort();
  const redis = await startRedis({ dir: join(stateDir, 'redis'), port, logFile: join(logs, 'redis.log') });
  stack.defer(() => redis.stop());
  await lock.note(redis.pid);
  tell(`redis          127.0.0.1:${port}`);
  const lite = await startLite({ dir: join(stateDir, 'supabase') });
  stack.defer(() => lite.stop());
  await lock.note(lite.pid);
  tell(`supabase lite  ${lite.url}`);
  return { redis, lite, redisUrl: `redis://127.0.0.1:${port}` };
}

/** As a shell reads it back, whatever is in it. */
function quoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

async function writeEnvironment(stateDir: string, env: Record<string, string>): Promise<string> {
  const file = join(stateDir, 'dev.env');
  const names = ['SUPABASE_URL', 'SUPABASE_SECRET_KEY', 'BUNDLE_STORE', 'REDIS_URL'];
  await writeFile(file, names.map((name) => `export ${name}=${quoted(env[name] ?? '')}\n`).join(''), { mode: 0o600 });
  return file;
}

/** A port that was asked for must be free; the default one may be replaced. */
async function chooseApiPort(wanted: number | undefined): Promise<number> {
  if (await isFree(wanted ?? defaultApiPort)) return wanted ?? defaultApiPort;
  if (wanted === undefined) return freePort();
  throw new Error(`Port ${wanted} is taken. Set API_PORT to another one, or leave it unset.`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
