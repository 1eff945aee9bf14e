/** A task's states and its record, as every part and every client sees it (camelCase, times as ISO 8601 strings). */
import { z } from 'zod';
import { operationSchema } from './operations.ts';

export const taskStatuses = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export const taskStatusSchema = z.enum(taskStatuses).meta({ id: 'StoryTaskStatus' });
export type TaskStatus = z.infer<typeof taskStatusSchema>;

export const terminalStatuses = ['succeeded', 'failed', 'cancelled'] as const satisfies readonly TaskStatus[];
export type TerminalStatus = (typeof terminalStatuses)[number];

/** Terminal: the status never changes again. */
export function isTerminal(status: TaskStatus): status is TerminalStatus {
  return (terminalStatuses as readonly TaskStatus[]).includes(status);
}

/** `direct` tasks are run by whoever made them (the CLI, plain SQL callers); `queue` tasks go through a lane. */
export const dispatchSchema = z.enum(['direct', 'queue']);
export type Dispatch = z.infer<typeof dispatchSchema>;

export const displayFieldsSchema = z.object({ title: z.string(), description: z.string() });

const timestamp = z.iso.datetime({ offset: true });

/** What the HTTP API shows of a task. */
export const taskSchema = z
  .object({
    id: z.guid(),
    storyId: z.guid().nullable(),
    operation: operationSchema,
    status: taskStatusSchema,
    progress: z.int().min(0).max(100),
    payload: z.record(z.string(), z.unknown()),
    requestedBy: z.guid().nullable(),
    displayFields: displayFieldsSchema.nullable(),
    taskCancelled: z.boolean(),
    cancelReason: z.string().nullable(),
    cancelRequestedAt: timestamp.nullable(),
    held: z.boolean(),
    attempt: z.int().min(0),
    maxAttempts: z.int().min(1),
    retryOf: z.guid().nullable(),
    errorCode: z.string().nullable(),
    errorMessage: z.string().nullable(),
    result: z.record(z.string(), z.unknown()).nullable(),
    inputTokens: z.int().min(0),
    outputTokens: z.int().min(0),
    createdAt: timestamp,
    updatedAt: timestamp,
    startedAt: timestamp.nullable(),
    finishedAt: timestamp.nullable(),
  })
  .meta({ id: 'StoryTask' });
export type Task = z.infer<typeof taskSchema>;

/** The whole row: what the API shows and what only the machinery needs. */
export interface TaskRecord extends Task {
  readonly dispatch: Dispatch;
  /** Failures that count against `maxAttempts`; `attempt` counts every claim and is the fence. */
  readonly attemptsSpent: number;
  readonly availableAt: string;
  readonly workerId: string | null;
  readonly leaseExpiresAt: string | null;
  readonly requester: string;
  readonly lastSeq: number;
}

/** The public view of a record: exactly the fields of `taskSchema`, whatever else the record carries. */
export function publicTask(record: TaskRecord): Task {
  return taskSchema.parse(record);
}
