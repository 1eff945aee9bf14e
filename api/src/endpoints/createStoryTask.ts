import {
  type CreateTaskRequest,
  createTaskAnswerSchema,
  createTaskRequestSchema,
  idempotencyKeySchema,
  parseCreateTask,
} from '@story-tasks/contracts';
import { type NewTask, StoryNotFoundError } from '@story-tasks/supabase';
import { z } from 'zod';
import { defineEndpoint } from '../endpoint.ts';
import { IdempotencyConflictError, RequestInvalidError } from '../errors.ts';
import { ensureJob, placeNewTask } from '../tasks/lanePlacement.ts';
import { requestHash } from '../tasks/requestHash.ts';
import { noQuery } from './parts.ts';

/** Whether a key was seen before, Postgres decides: so it holds for any number of API processes. */
export const createStoryTask = defineEndpoint({
  method: 'post',
  path: '/api/story-tasks',
  operationId: 'createStoryTask',
  tag: 'Tasks',
  summary: 'Create a task and put it into its lane.',
  answers: {
    201: {
      description: 'The new task’s id.',
      headers: ['Location'],
      content: { 'application/json': createTaskAnswerSchema },
    },
    200: {
      description: 'The id of the task that this Idempotency-Key made before.',
      headers: ['Location'],
      content: { 'application/json': createTaskAnswerSchema },
    },
  },
  problems: ['REQUESTER_NOT_FOUND', 'IDEMPOTENCY_CONFLICT', 'ENQUEUE_FAILED', 'STORE_UNAVAILABLE', 'LANE_UNAVAILABLE'],
  params: z.object({}),
  query: noQuery,
  headers: z.object({ 'idempotency-key': idempotencyKeySchema }),
  body: z.unknown(),
  bodyShape: createTaskRequestSchema,
  async handle(dependencies, { body, headers, note }) {
    const parsed = parseCreateTask(body);
    if (!parsed.ok) throw new RequestInvalidError(parsed.errors);
    const { operation, storyId } = parsed.value;
    note({ operation, storyId });
    const defaultAttempts = dependencies.attemptsOf(operation);
    const created = newTaskOf(parsed.value, defaultAttempts, headers['idempotency-key']);
    const { outcome, task } = await dependencies.tasks.createTask(created).catch(tellOfStory);
    if (outcome === 'conflict') throw new IdempotencyConflictError();
    note({ taskId: task.id });
    // Who asked first may have died between the row and the job. Failing the task for a lane that is away would take
    // it from whoever was told of it, so a repeat leaves it as it is.
    if (outcome === 'repeat') await ensureJob(dependencies, task);
    else await placeNewTask(dependencies, task);
    const status = outcome === 'repeat' ? 200 : 201;
    return { status, headers: { Location: `/api/story-tasks/${task.id}` }, body: { taskId: task.id } };
  },
});

function newTaskOf(request: CreateTaskRequest, defaultAttempts: number, idempotencyKey: string | undefined): NewTask {
  const { operation, storyId, options, attempts, autoStart } = request;
  const task: NewTask = {
    operation,
    storyId,
    payload: { ...options },
    dispatch: 'queue',
    held: !autoStart,
    maxAttempts: attempts ?? defaultAttempts,
  };
  return idempotencyKey === undefined ? task : { ...task, idempotencyKey, requestHash: requestHash(request) };
}

/** Of a create, an unknown story is a fault in the body, not a missing page. */
function tellOfStory(error: unknown): never {
  if (error instanceof StoryNotFoundError) {
    throw new RequestInvalidError([{ path: 'storyId', message: error.message }]);
  }
  throw error;
}
