/** What the parts stand on, each real: Postgres, Supabase Lite over it, Redis, and a model's place. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StartedProcess } from '@story-tasks/dev/processes';
import { startRedis } from '@story-tasks/dev/redis';
import { freePort } from '@story-tasks/supabase/lite';
import { type PostgresServer, startPostgres } from '@story-tasks/supabase/test';
import { Redis } from 'ioredis';
import pg from 'pg';
import { TcpLink } from '../links/tcpLink.ts';
import { ModelServer } from '../model/modelServer.ts';
import type { Canaries } from './canaries.ts';
import { type Gateway, startGateway } from './gateway.ts';

const maxReads = 50;

export interface Platform {
  readonly postgres: PostgresServer;
  readonly gateway: Gateway;
  readonly model: ModelServer;
  /** Between the store's gateway and its database. */
  readonly database: TcpLink;
  readonly redisPort: number;
  readonly redisPassword: string;
  /** Ends Redis as a crash does. */
  killRedis(): Promise<void>;
  /** Starts it unless it runs. */
  startRedis(): Promise<void>;
  /** Reads the record past all links: each row's column `row`. */
  rows<R>(sql: string, values: readonly unknown[]): Promise<R[]>;
  /** A connection of the suite's own, past all links. */
  withRedis<T>(use: (redis: Redis) => Promise<T>): Promise<T>;
}

export async function startPlatform(
  dir: string,
  canaries: Canaries,
  random: () => number,
  stack: AsyncDisposableStack,
): Promise<Platform> {
  await mkdir(join(dir, 'logs'), { recursive: true });
  const postgres = await startPostgres({ bare: true });
  stack.defer(() => postgres.stop());
  const database = await TcpLink.start('store-postgres', () => Number(new URL(postgres.url).port), random);
  stack.defer(() => database.close());
  const behindLink = new URL(postgres.url);
  behindLink.port = String(database.port);
  const gateway = await startGateway(join(dir, 'supabase'), behindLink.href);
  stack.defer(() => gateway.stop());
  const pool = new pg.Pool({ connectionString: postgres.url, max: 2 });
  // A restart of Postgres ends its idle sessions; the next query makes a new one.
  pool.on('error', () => undefined);
  stack.defer(() => pool.end());
  const rows = <R>(sql: string, values: readonly unknown[]) => readRows<R>(pool, sql, values);
  const model = await ModelServer.start();
  stack.defer(() => model.close());
  return { ...{ postgres, gateway, model, database, rows }, ...(await redisOf(dir, canaries.redisPassword, stack)) };
}

/** Asked again where Postgres is just being restarted. */
async function readRows<R>(pool: pg.Pool, sql: string, values: readonly unknown[]): Promise<R[]> {
  for (let tries = 0; ; tries += 1) {
    try {
      const { rows } = await pool.query<{ row: R }>(sql, [...values]);
      return rows.map(({ row }) => row);
    } catch (error) {
      if (tries === maxReads) throw error;
      await sleep(200);
    }
  }
}

async function redisOf(dir: string, password: string, stack: AsyncDisposableStack) {
  const port = await freePort();
  const start = () => startRedis({ dir: join(dir, 'redis'), port, password, logFile: join(dir, 'logs', 'redis.log') });
  // The start itself is kept: two who ask at once get one server.
  let server: Promise<StartedProcess> | undefined = start();
  stack.defer(async () => (await server)?.stop());
  await server;
  return {
    redisPort: port,
    redisPassword: password,
    async killRedis() {
      const killed = server;
      server = undefined;
      await (await killed)?.kill();
    },
    async startRedis() {
      server ??= start();
      await server;
    },
    withRedis: <T>(use: (redis: Redis) => Promise<T>) => withRedis(port, password, use),
  };
}

async function withRedis<T>(port: number, password: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(port, '127.0.0.1', { password, retryStrategy: () => 50, maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}
