/**
 * Tells running workers at once that a task was cancelled. Only a short cut: the flag in the record is what counts, and
 * the next batch finds it when a message is lost.
 */
import { cancellationChannel, cancellationMessageSchema } from '@story-tasks/contracts';
import type { Redis } from 'ioredis';
import { listen } from './channel.ts';
import type { Logger } from './logger.ts';

/** @returns how many processes listened; rejects when Redis is away */
export function publishCancellation(redis: Redis, taskId: string): Promise<number> {
  return redis.publish(cancellationChannel, JSON.stringify({ taskId }));
}

/** @param redis of the use `subscriber`, used for nothing else */
export function subscribeToCancellations(
  redis: Redis,
  onCancel: (taskId: string) => void,
  logger: Logger,
): Promise<void> {
  return listen(redis, cancellationChannel, cancellationMessageSchema, ({ taskId }) => onCancel(taskId), logger);
}
