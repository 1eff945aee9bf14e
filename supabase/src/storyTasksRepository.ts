/**
 * Story tasks and their events. A method for each legal transition; what another caller won by a row lock is an
 * outcome, what the caller got wrong is an error with a stable code.
 */
import {
  dispatchSchema,
  displayFieldsSchema,
  eventTypeSchema,
  type NewTaskEvent,
  operationSchema,
  operations,
  type TaskEvent,
  type TaskRecord,
  type TerminalStatus,
  taskStatusSchema,
} from '@story-tasks/contracts';
import { z } from 'zod';
import { askStore, callFunction, type Store } from './client.ts';
import {
  AttemptRequiredError,
  IllegalTransitionError,
  RequesterNotFoundError,
  StaleAttemptError,
  StoryNotFoundError,
  TaskNotFoundError,
} from './errors.ts';
import { taskEventOf, taskRecordOf } from './rows.ts';
import { createStoryTaskListings } from './storyTaskListings.ts';
import { idSchema, validated } from './validation.ts';

const jsonObject = z.record(z.string(), z.unknown());
const progress = z.int().min(0).max(100);

const newTaskSchema = z.strictObject({
  id: idSchema.optional(),
  operation: operationSchema,
  storyId: idSchema.nullish(),
  payload: jsonObject.default({}),
  dispatch: dispatchSchema.default('direct'),
  held: z.boolean().optional(),
  maxAttempts: z.int().min(1).max(20).optional(),
  requestedBy: idSchema.nullish(),
  requester: z.string().min(1).max(300).optional(),
  idempotencyKey: z.string().min(1).max(255).optional(),
  requestHash: z.string().min(1).max(255).optional(),
  retryOf: idSchema.optional(),
});
export type NewTask = z.input<typeof newTaskSchema>;

const newEventSchema = z.strictObject({
  id: idSchema,
  eventType: eventTypeSchema,
  message: z.string().min(1).max(2_000),
  payload: jsonObject.optional(),
  progressOverride: progress.optional(),
  persisted: z.boolean().optional(),
});

const statusPatchSchema = z.strictObject({
  status: taskStatusSchema.optional(),
  progress: progress.optional(),
  displayFields: displayFieldsSchema.optional(),
  result: jsonObject.optional(),
  errorCode: z.string().optional(),
  errorMessage: z.string().optional(),
});
export type StatusPatch = z.input<typeof statusPatchSchema>;

export interface Claim {
  readonly taskId: string;
  /** Made by the claimer: the same token asked again answers as the first time. */
  readonly claimToken: string;
  readonly workerId: string;
  readonly leaseMs: number;
  /** Runs of the operation at once, across all processes; absent: no limit. */
  readonly globalLimit?: number | undefined;
  readonly resumable: boolean;
}

export type RefusedClaim =
  | 'not_found'
  | 'cancelled'
  | 'terminal'
  | 'running'
  | 'stale_claim'
  | 'held'
  | 'not_yet'
  | 'limit';

export type ClaimOutcome =
  | { readonly outcome: 'claimed'; readonly task: TaskRecord }
  | { readonly outcome: 'refused'; readonly reason: RefusedClaim; readonly retryAfterMs: number };

/** What a run tells of itself since it last did. Token counts are totals of the run, so a repeat adds nothing. */
export interface RunReport {
  readonly events?: readonly NewTaskEvent[];
  readonly inputTokens?: number;
  readonly outputTokens?: number;
}

export interface BatchEntry extends RunReport {
  readonly taskId: string;
  readonly attempt: number;
  /** Extends the lease to this long from now, in milliseconds. */
  readonly leaseMs?: number;
}

/** `cancel`: go on no further than to write the end. `stale`: the run lost its task; write nothing more. */
export type BatchAnswer = 'ok' | 'cancel' | 'stale' | 'not_found';

export interface Finish extends RunReport {
  readonly taskId: string;
  readonly attempt: number;
  /** Made by the caller; becomes the id of the event that tells of the end. */
  readonly eventId: string;
  readonly status: TerminalStatus;
  readonly message: string;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  /** Only for a failure that is worth another try: when, from now, while the budget lasts. */
  readonly retryAfterMs?: number;
}

/** `cancelled`: a cancellation was committed first, and that is how the task ended. */
export type FinishOutcome = {
  readonly outcome: 'finished' | 'cancelled' | 'retrying' | 'stale';
  readonly task: TaskRecord;
};

export interface Release extends RunReport {
  readonly taskId: string;
  readonly attempt: number;
  readonly eventId: string;
  readonly message: string;
}
export type ReleaseOutcome = { readonly outcome: 'released' | 'cancelled' | 'stale'; readonly task: TaskRecord };
/** `byThisCall`: this call ended the task, and not one before it. */
export type CancelOutcome = {
  readonly outcome: 'cancelled' | 'cancelling' | 'terminal';
  readonly task: TaskRecord;
  readonly byThisCall?: boolean;
};
export type StartOutcome = { readonly outcome: 'started' | 'terminal'; readonly task: TaskRecord };
export type CreateOutcome = { readonly outcome: 'created' | 'repeat' | 'conflict'; readonly task: TaskRecord };
export type EnqueueFailure = { readonly outcome: 'failed' | 'refused'; readonly task: TaskRecord };

interface Reply<O extends string = string> {
  readonly outcome: O;
  readonly task?: Record<string, unknown>;
}

/** One page of a listing; PostgREST cuts rows at 1,000, so a page never asks for more. */
const pageSize = 500;

export type StoryTasksRepository = ReturnType<typeof createStoryTasksRepository>;

/** Every method may also throw StoreUnavailableError or StoreRejectedError. */
export function createStoryTasksRepository(store: Store) {
  const call = <R extends Reply>(name: string, request: Record<string, unknown>) =>
    callFunction<R>(store, name, request);

  /** The reply's task, or the error that its outcome means. */
  async function transition<O extends string, More = object>(
    name: string,
    request: { taskId: string } & Record<string, unknown>,
  ) {
    validated(idSchema, request.taskId, 'taskId');
    const { task, ...reply } = await call<Reply<O> & More>(name, request);
    if (!task) throw new TaskNotFoundError(request.taskId);
    return { ...reply, task: taskRecordOf(task) };
  }

  return {
    ...createStoryTaskListings(store),

    /**
     * Creates a task and its first event in one step.
     * @throws ValidationError, StoryNotFoundError, RequesterNotFoundError, TaskNotFoundError (of `retryOf`)
     */
    async createTask(input: NewTask): Promise<CreateOutcome> {
      const task = validated(newTaskSchema, input);
      const reply = await call('create_story_task', {
        ...task,
        id: task.id ?? store.chance.uuid(),
        eventId: store.chance.uuid(),
        description: operations[task.operation].label,
      });
      if (reply.outcome === 'story_not_found') throw new StoryNotFoundError(task.storyId ?? '');
      if (reply.outcome === 'requester_not_found') throw new RequesterNotFoundError(task.requestedBy ?? '');
      if (!reply.task) throw new TaskNotFoundError(task.retryOf ?? '');
      return { outcome: reply.outcome as CreateOutcome['outcome'], task: taskRecordOf(reply.task) };
    },

    /**
     * Appends one event.
     * @param attempt the run's fence; without it the call is legal on direct tasks alone
     * @throws ValidationError, TaskNotFoundError, AttemptRequiredError, StaleAttemptError
     */
    async appendEvent(taskId: string, event: NewTaskEvent, attempt?: number): Promise<void> {
      const id = validated(idSchema, taskId, 'taskId');
      const entry = { taskId: id, attempt, events: [validated(newEventSchema, event, 'event')] };
      const reply = await call<Reply & { answers: Record<string, string> }>('append_story_task_events', {
        entries: [entry],
      });
      const answer = reply.answers[id.toLowerCase()] ?? reply.answers[id];
      if (answer === 'not_found') throw new TaskNotFoundError(id);
      if (answer === 'attempt_required') throw new AttemptRequiredError(id);
      if (answer === 'stale') throw new StaleAttemptError(id);
    },

    /**
     * Sets status, progress, result or error of a task whose status the caller keeps itself.
     * @param attempt as for `appendEvent`
     * @throws ValidationError, TaskNotFoundError, AttemptRequiredError, StaleAttemptError, IllegalTransitionError
     */
    async updateStatus(taskId: string, patch: StatusPatch, attempt?: number): Promise<TaskRecord> {
      const { outcome, task } = await transition('update_story_task', {
        taskId,
        attempt,
        eventId: store.chance.uuid(),
        patch: validated(statusPatchSchema, patch, 'patch'),
      });
      if (outcome === 'attempt_required') throw new AttemptRequiredError(taskId);
      if (outcome === 'stale') throw new StaleAttemptError(taskId);
      if (outcome === 'illegal_transition') throw new IllegalTransitionError(task, patch.status ?? 'changed');
      return task;
    },

    /** The newest tasks of a story first. Pages by keyset, so any limit is honoured. */
    async listRecentByStory(storyId: string, limit = 50): Promise<TaskRecord[]> {
      validated(idSchema, storyId, 'storyId');
      validated(z.int().min(1), limit, 'limit');
      const tasks: TaskRecord[] = [];
      for (;;) {
        const wanted = Math.min(pageSize, limit - tasks.length);
        const reply = await call<Reply & { tasks: Record<string, unknown>[] }>('list_story_tasks', {
          storyId,
          limit: wanted,
          after: tasks.at(-1)?.id,
        });
        tasks.push(...reply.tasks.map(taskRecordOf));
        if (reply.tasks.length < wanted || tasks.length === limit) return tasks;
      }
    },

    /** @param owner only a task of this person is there @throws TaskNotFoundError */
    async getTask(taskId: string, owner?: string): Promise<TaskRecord> {
      validated(idSchema, taskId, 'taskId');
      const row = await askStore<Record<string, unknown>>(store, 'read a task', (signal) => {
        const task = store.client.from('story_tasks').select('*').eq('id', taskId);
        const own = owner === undefined ? task : task.eq('requested_by', owner);
        return own.abortSignal(signal).maybeSingle();
      });
      if (row === null) throw new TaskNotFoundError(taskId);
      return taskRecordOf(row);
    },

    /** The newest events first; at most 1,000. */
    async listRecentEvents(taskId: string, limit = 50): Promise<TaskEvent[]> {
      validated(idSchema, taskId, 'taskId');
      validated(z.int().min(1).max(1_000), limit, 'limit');
      const rows = await askStore<Record<string, unknown>[]>(store, 'read events', (signal) =>
        store.client
          .from('story_task_events')
          .select('*')
          .eq('task_id', taskId)
          .order('seq', { ascending: false })
          .limit(limit)
          .abortSignal(signal),
      );
      return (rows ?? []).map(taskEventOf);
    },

    /**
     * A page of at most 1,000 queue tasks that wait for a worker, in id order: what the reconciler compares with the
     * lanes. A longer page would be cut by the gateway, and look like the last one.
     */
    async listQueued(afterId: string | null, limit: number): Promise<TaskRecord[]> {
      if (afterId !== null) validated(idSchema, afterId, 'afterId');
      validated(z.int().min(1).max(1_000), limit, 'limit');
      const rows = await askStore<Record<string, unknown>[]>(store, 'list queued tasks', (signal) => {
        const query = store.client.from('story_tasks').select('*').eq('status', 'queued').eq('dispatch', 'queue');
        const page = afterId === null ? query : query.gt('id', afterId);
        return page.eq('held', false).order('id').limit(limit).abortSignal(signal);
      });
      return (rows ?? []).map(taskRecordOf);
    },

    /** Asks for the right to run a task (R2, R8). */
    async claimTask(claim: Claim): Promise<ClaimOutcome> {
      const reply = await call<Reply & { reason: RefusedClaim; retryAfterMs?: number }>('claim_story_task', {
        ...claim,
        eventId: store.chance.uuid(),
      });
      if (reply.outcome === 'claimed' && reply.task) return { outcome: 'claimed', task: taskRecordOf(reply.task) };
      return { outcome: 'refused', reason: reply.reason, retryAfterMs: reply.retryAfterMs ?? 0 };
    },

    /** Many events of many tasks in one call, leases extended with them (R6). Answers by task id. */
    async appendBatch(entries: readonly BatchEntry[]): Promise<Record<string, BatchAnswer>> {
      const reply = await call<Reply & { answers: Record<string, BatchAnswer> }>('append_story_task_events', {
        entries,
      });
      return reply.answers;
    },

    /** Ends a run, or sends it back for a retry. A cancellation that committed first wins (R4). */
    finishTask: (finish: Finish): Promise<FinishOutcome> =>
      transition<FinishOutcome['outcome']>('finish_story_task', { ...finish }),

    /** Gives a run back to its lane without spending an attempt. */
    releaseTask: (release: Release): Promise<ReleaseOutcome> =>
      transition<ReleaseOutcome['outcome']>('release_story_task', { ...release }),

    /** Ends a queued task at once, asks a running one to stop. */
    cancelTask: (taskId: string, reason?: string): Promise<CancelOutcome> =>
      transition<CancelOutcome['outcome'], Pick<CancelOutcome, 'byThisCall'>>('cancel_story_task', {
        taskId,
        reason,
        eventId: store.chance.uuid(),
      }),

    /** Lets a held task go to its lane; one that is not held is answered as it stands. @throws TaskNotFoundError */
    startTask: (taskId: string): Promise<StartOutcome> =>
      transition<StartOutcome['outcome']>('start_story_task', { taskId, eventId: store.chance.uuid() }),

    /**
     * Makes a new task for a lane from one that failed or was cancelled.
     * @returns the new task
     * @throws TaskNotFoundError, IllegalTransitionError when it did not end so, or when its story is gone
     */
    async retryTask(taskId: string): Promise<TaskRecord> {
      const ids = { id: store.chance.uuid(), eventId: store.chance.uuid() };
      const { outcome, task } = await transition('retry_story_task', { taskId, ...ids });
      if (outcome === 'story_gone') throw new IllegalTransitionError(task, 'retried: its story is gone');
      if (outcome !== 'created') throw new IllegalTransitionError(task, 'retried');
      return task;
    },

    /** Fails a task whose job could not be added, unless somebody has it already. */
    failEnqueue: (taskId: string, message: string): Promise<EnqueueFailure> =>
      transition<EnqueueFailure['outcome']>('fail_story_task_enqueue', {
        taskId,
        message,
        eventId: store.chance.uuid(),
      }),
  };
}
