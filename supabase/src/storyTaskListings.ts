/** Pages of tasks and of events, by keyset: a page costs the same wherever it stands. */
import {
  type Operation,
  operationSchema,
  type TaskEvent,
  type TaskRecord,
  type TaskStatus,
  taskStatusSchema,
} from '@story-tasks/contracts';
import { z } from 'zod';
import { askStore, callFunction, type Store } from './client.ts';
import { taskEventOf, taskRecordOf } from './rows.ts';
import { idSchema, validated } from './validation.ts';

/** Where the next page begins: after this task, newest first. */
const taskPositionSchema = z.strictObject({
  /** Whole microseconds since 1970; milliseconds would pass over tasks of the same one. */
  createdAtMicros: z.int().min(0),
  id: idSchema,
});
export type TaskPosition = z.infer<typeof taskPositionSchema>;

const taskListingSchema = z.strictObject({
  storyId: idSchema.optional(),
  status: taskStatusSchema.optional(),
  operation: operationSchema.optional(),
  requestedBy: idSchema.optional(),
  limit: z.int().min(1).max(500),
  position: taskPositionSchema.optional(),
});
export interface TaskListing {
  readonly storyId?: string | undefined;
  readonly status?: TaskStatus | undefined;
  readonly operation?: Operation | undefined;
  /** Only tasks of this person. */
  readonly requestedBy?: string | undefined;
  readonly limit: number;
  /** The `next` of the page before; absent for the first page. */
  readonly position?: TaskPosition | undefined;
}

export interface TaskPage {
  readonly tasks: TaskRecord[];
  /** Null when this is the last page. */
  readonly next: TaskPosition | null;
}

interface PageReply {
  readonly outcome: string;
  readonly tasks: Record<string, unknown>[];
  readonly next: TaskPosition | null;
}

/** Every method may also throw StoreUnavailableError or StoreRejectedError. */
export function createStoryTaskListings(store: Store) {
  return {
    /** A page of tasks, newest first, that match every filter given. @throws ValidationError */
    async listTasks(listing: TaskListing): Promise<TaskPage> {
      const request = validated(taskListingSchema, listing);
      const { tasks, next } = await callFunction<PageReply>(store, 'list_story_tasks', request);
      return { tasks: tasks.map(taskRecordOf), next };
    },

    /** Events with a higher number than `after`, oldest first; at most 1,000. @throws ValidationError */
    async listEventsAfter(taskId: string, after: number, limit: number): Promise<TaskEvent[]> {
      validated(idSchema, taskId, 'taskId');
      validated(z.int().min(0), after, 'after');
      validated(z.int().min(1).max(1_000), limit, 'limit');
      const rows = await askStore<Record<string, unknown>[]>(store, 'read events', (signal) => {
        const events = store.client.from('story_task_events').select('*').eq('task_id', taskId).gt('seq', after);
        return events.order('seq').limit(limit).abortSignal(signal);
      });
      return (rows ?? []).map(taskEventOf);
    },
  };
}
