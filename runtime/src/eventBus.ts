/** Wakes the readers of a task's events in every API process. Only a hint: when it is lost, they look by themselves. */
import { type TaskEventsHint, taskEventsChannel, taskEventsHintSchema } from '@story-tasks/contracts';
import type { Redis } from 'ioredis';
import { listen } from './channel.ts';
import type { Logger } from './logger.ts';

/** Waits for nothing and tells of no failure. @param redis of the use `prompt` */
export function publishTaskEvents(redis: Redis, hint: TaskEventsHint): void {
  redis.publish(taskEventsChannel, JSON.stringify(hint)).catch(() => undefined);
}

/** @param redis of the use `subscriber`, used for nothing else */
export function subscribeToTaskEvents(
  redis: Redis,
  onHint: (hint: TaskEventsHint) => void,
  logger: Logger,
): Promise<void> {
  return listen(redis, taskEventsChannel, taskEventsHintSchema, onHint, logger);
}
