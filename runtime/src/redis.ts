/** Connections to Redis, one kind for each use, since what is right for a worker is wrong for an HTTP request. */
import { Redis } from 'ioredis';
import type { Logger } from './logger.ts';

/**
 * `blocking`: BullMQ's workers, which wait on Redis for ever and outlive its restarts.
 * `prompt`: whoever must fail fast when Redis is away; nothing is kept to be sent later.
 * `subscriber`: pub/sub, which subscribes again after a reconnect.
 */
export type RedisUse = 'blocking' | 'prompt' | 'subscriber';

const options = {
  blocking: { maxRetriesPerRequest: null },
  prompt: { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 3_000 },
  subscriber: { maxRetriesPerRequest: null, autoResubscribe: true },
} as const;

/** Reconnects for ever, at most two seconds apart; an outage is logged once, and so is its end. */
export function connectRedis(url: string, use: RedisUse, logger: Logger): Redis {
  const redis = new Redis(url, {
    ...options[use],
    connectTimeout: 3_000,
    retryStrategy: (tries) => Math.min(2_000, 50 * 2 ** Math.min(tries, 6)),
  });
  let away = false;
  redis.on('error', (error) => {
    if (!away) logger.warn({ error, use }, 'Redis is away');
    away = true;
  });
  redis.on('ready', () => {
    if (away) logger.info({ use }, 'Redis is back');
    away = false;
  });
  return redis;
}
