/**
 * Tells running workers at once that a task was cancelled. Only a short cut: the flag in the record is what counts, and
 * the next batch finds it when a message is lost.
 */
import { cancellationChannel, cancellationMessageSchema } from '@story-tasks/contracts';
import type { Redis } from 'ioredis';

/** @returns how many processes listened; rejects when Redis is away */
export function publishCancellation(redis: Redis, taskId: string): Promise<number> {
  return redis.publish(cancellationChannel, JSON.stringify({ taskId }));
}

/** @param redis of the use `subscriber`, used for nothing else */
export async function subscribeToCancellations(redis: Redis, onCancel: (taskId: string) => void): Promise<void> {
  redis.on('message', (channel, message) => {
    if (channel !== cancellationChannel) return;
    const parsed = cancellationMessageSchema.safeParse(jsonOrNull(message));
    if (parsed.success) onCancel(parsed.data.taskId);
  });
  await redis.subscribe(cancellationChannel);
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
