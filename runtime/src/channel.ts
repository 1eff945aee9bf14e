/** Listening on a pub/sub channel, where anybody may say anything: what does not fit is passed over. */
import type { Redis } from 'ioredis';
import type { z } from 'zod';

/** @param redis of the use `subscriber`, used for nothing else */
export async function listen<S extends z.ZodType>(
  redis: Redis,
  channel: string,
  schema: S,
  onMessage: (message: z.output<S>) => void,
): Promise<void> {
  redis.on('message', (from, text) => {
    if (from !== channel) return;
    const parsed = schema.safeParse(jsonOrNull(text));
    if (parsed.success) onMessage(parsed.data);
  });
  await redis.subscribe(channel);
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
