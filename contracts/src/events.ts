/** Events: what happened to a task, gapless by `seq`. */
import { z } from 'zod';
import { taskStatusSchema } from './tasks.ts';

export const eventTypes = ['info', 'progress', 'error', 'chat_message'] as const;
export const eventTypeSchema = z.enum(eventTypes);
export type EventType = z.infer<typeof eventTypeSchema>;

export const taskEventSchema = z
  .object({
    id: z.guid(),
    seq: z.int().min(1),
    eventType: eventTypeSchema,
    status: taskStatusSchema.nullable().describe('Set on exactly the event that a change of status wrote.'),
    message: z.string(),
    payload: z.record(z.string(), z.unknown()).nullable(),
    progressOverride: z.int().min(0).max(100).nullable(),
    createdAt: z.iso.datetime({ offset: true }),
  })
  .meta({ id: 'StoryTaskEvent' });
export type TaskEvent = z.infer<typeof taskEventSchema>;

/** An event as its writer gives it. The id is made by the writer, so that a repeat writes nothing (rule R7). */
export interface NewTaskEvent {
  readonly id: string;
  readonly eventType: EventType;
  readonly message: string;
  readonly payload?: Readonly<Record<string, unknown>> | undefined;
  /** 0..100; a lower figure than the task's is kept at the task's (rule R3). */
  readonly progressOverride?: number | undefined;
  /** True when the step it speaks of is persisted: where the next claim's progress starts. */
  readonly persisted?: boolean | undefined;
}
