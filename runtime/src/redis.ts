/** Connections to Redis, one kind for each use, since what is right for a worker is wrong for an HTTP request. */
import { Redis, ReplyError } from 'ioredis';
import type { Logger } from './logger.ts';

/**
 * `blocking`: BullMQ's workers, which wait on Redis for ever and outlive its restarts.
 * `prompt`: whoever must fail fast when Redis is away; nothing is kept to be sent later.
 * `subscriber`: pub/sub; who listens subscribes again after a reconnect, since a refusal would end the process otherwise.
 */
export type RedisUse = 'blocking' | 'prompt' | 'subscriber';

/**
 * `socketTimeout`: a connection that owes an answer for so long is dead, whatever TCP believes, and is made anew. Without it
 * one that was lost without a word (a firewall, a failover, a machine that is gone) stays in use for a quarter of an hour.
 * Of a blocking one it is more than the ten seconds that BullMQ at most waits for a job.
 */
const options = {
  blocking: { maxRetriesPerRequest: null, socketTimeout: 12_000 },
  prompt: { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 3_000, socketTimeout: 5_000 },
  subscriber: { maxRetriesPerRequest: null, autoResubscribe: false, socketTimeout: 5_000 },
} as const;

/** A subscriber is owed nothing while no message comes: it asks, so that a dead one is found out. */
const subscriberPingMs = 5_000;

/** Reconnects for ever, at most two seconds apart; an outage is logged once, and so is its end. */
export function connectRedis(url: string, use: RedisUse, logger: Logger): Redis {
  const redis = new Redis(url, {
    ...options[use],
    connectTimeout: 3_000,
    retryStrategy: (tries) => Math.min(2_000, 50 * 2 ** Math.min(tries, 6)),
  });
  logOutages(redis, use, logger);
  if (use === 'subscriber') keepAsking(redis);
  return redis;
}

function logOutages(redis: Redis, use: RedisUse, logger: Logger): void {
  let away = false;
  redis.on('error', (error) => {
    if (!away) logger.warn({ error, use }, 'Redis is away');
    away = true;
  });
  redis.on('ready', () => {
    if (away) logger.info({ use }, 'Redis is back');
    away = false;
  });
}

function keepAsking(redis: Redis): void {
  const timer = setInterval(() => {
    // What is asked while it is away would only be kept, and sent when it is back.
    if (redis.status === 'ready') redis.ping().catch(() => undefined);
  }, subscriberPingMs);
  timer.unref();
  redis.once('end', () => clearInterval(timer));
}

/** The word that Redis begins a refusal with, as NOPERM or READONLY: its code, by the protocol. Null: Redis answered nothing. */
export function refusalOf(error: unknown): string | null {
  if (!(error instanceof Error && error instanceof ReplyError)) return null;
  return /^[A-Z]+/.exec(error.message)?.[0] ?? 'ERR';
}

/** Alone under the lanes' prefix, where the processes may write whatever else they may not. */
const probeKey = 'bull:story-task-jobs.probe';

/**
 * Resolves when Redis takes a write, which one that is full, read-only or cannot save does not, though it answers a ping.
 * @param redis of the use `prompt`
 */
export async function probeRedis(redis: Redis): Promise<void> {
  await redis.set(probeKey, '', 'PX', 1_000);
}
