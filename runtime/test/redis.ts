/** A Redis of a test's own, in memory, on a free port. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Stops it from doing anything, its connections left open. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** A free one when absent. */
  readonly port?: number;
  /** Settings, as `--name value`. */
  readonly settings?: readonly string[];
}

/** @throws Error when there is no redis-server, or it does not answer */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const dir = await mkdtemp(join(tmpdir(), 'story-tasks-redis-'));
  const port = options.port ?? (await freePort());
  const fixed = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', [...fixed, ...(options.settings ?? [])], { stdio: 'ignore' });
  await once(server, 'spawn');
  await answersPing(port);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    async stop() {
      const exited = once(server, 'exit');
      server.kill('SIGTERM');
      server.kill('SIGCONT');
      await exited;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function answersPing(port: number): Promise<void> {
  const redis = new Redis(port, '127.0.0.1', { retryStrategy: (tries) => (tries < 200 ? 25 : null) });
  redis.on('error', () => undefined);
  await redis.ping();
  redis.disconnect();
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
