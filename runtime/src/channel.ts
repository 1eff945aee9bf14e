/** Listening on a pub/sub channel, where anybody may say anything: what does not fit is passed over. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import type { Logger } from './logger.ts';
import { refusalOf } from './redis.ts';

/** Whoever grants it later need restart nothing. */
const askAgainMs = 5_000;

/**
 * Waits for Redis as long as it takes, and for its leave as well: whoever listens has another way to find out, and goes on.
 * @param redis of the use `subscriber`
 * @param logger told once when Redis refuses
 * @returns resolves when it listens; rejects when the connection is closed before
 */
export async function listen<S extends z.ZodType>(
  redis: Redis,
  channel: string,
  schema: S,
  onMessage: (message: z.output<S>) => void,
  logger: Logger,
): Promise<void> {
  redis.on('message', (from, text) => {
    if (from !== channel) return;
    const parsed = schema.safeParse(jsonOrNull(text));
    if (parsed.success) onMessage(parsed.data);
  });
  const subscribe = subscriber(redis, channel, logger);
  // A connection that was made anew listens to nothing.
  redis.on('ready', () => void subscribe().catch(() => undefined));
  await subscribe();
}

/** @returns what subscribes; called again meanwhile, it waits for the same */
function subscriber(redis: Redis, channel: string, logger: Logger): () => Promise<void> {
  let asking: Promise<void> | null = null;
  const ask = async () => {
    for (let told = false; ; told = true) {
      const refusal = await refusalBy(redis, channel);
      if (refusal === null) return;
      if (!told) logger.warn({ channel, refusal }, unheard(channel));
      await sleep(askAgainMs, undefined, { ref: false });
    }
  };
  return () => {
    asking ??= ask().finally(() => {
      asking = null;
    });
    return asking;
  };
}

/** @returns null: it is subscribed */
async function refusalBy(redis: Redis, channel: string): Promise<string | null> {
  try {
    await redis.subscribe(channel);
    return null;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    return refusal;
  }
}

const unheard = (channel: string) =>
  `Redis does not let this process listen to ${channel}, so that what is told there is found out late: grant its user &${channel} and +subscribe`;

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
