/** Names and shapes on Redis. A job is rebuilt from its row at any time, so it carries nothing the row lacks. */
import { z } from 'zod';
import { type Operation, operationSchema } from './operations.ts';
import type { TaskRecord } from './tasks.ts';

/** The BullMQ queue of one operation (its lane). */
export function laneName(operation: Operation): string {
  return `story-task-jobs.${operation}`;
}

/** Pub/sub channel: `{taskId}` of a running task that shall stop. */
export const cancellationChannel = 'story-task-cancellations';

export const cancellationMessageSchema = z.object({ taskId: z.guid() });

/**
 * Pub/sub channel: a task has events up to `seq`, or some more when its writer does not know the number. A hint that
 * wakes readers, who always fetch by seq: it may be lost, late or told twice.
 */
export const taskEventsChannel = 'story-task-events';

export const taskEventsHintSchema = z.object({ taskId: z.guid(), seq: z.int().min(1).optional() });
export type TaskEventsHint = z.infer<typeof taskEventsHintSchema>;

export const jobDataSchema = z.object({
  taskId: z.guid(),
  operation: operationSchema,
  storyId: z.guid().nullable(),
  options: z.record(z.string(), z.unknown()).optional(),
});
export type JobData = z.infer<typeof jobDataSchema>;

/** The job of a row. Its id is the task's id. */
export function jobDataOf(task: Pick<TaskRecord, 'id' | 'operation' | 'storyId' | 'payload'>): JobData {
  return { taskId: task.id, operation: task.operation, storyId: task.storyId, options: task.payload };
}
