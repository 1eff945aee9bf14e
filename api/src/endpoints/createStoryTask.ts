import { operations, parseCreateTask } from '@story-tasks/contracts';
import { LaneUnavailableError } from '@story-tasks/runtime';
import { StoryNotFoundError } from '@story-tasks/supabase';
import { z } from 'zod';
import type { ApiDependencies } from '../dependencies.ts';
import { defineEndpoint } from '../endpoint.ts';
import { RequestInvalidError, TaskNotEnqueuedError } from '../errors.ts';
import { noQuery } from './parts.ts';

/** The row is written first: once it is there, the task survives whatever happens to this process or to Redis. */
export const createStoryTask = defineEndpoint({
  method: 'post',
  path: '/api/story-tasks',
  summary: 'Create a task and put it into its lane.',
  params: z.object({}),
  query: noQuery,
  body: z.unknown(),
  async handle(dependencies, { body, note, logger }) {
    const parsed = parseCreateTask(body);
    if (!parsed.ok) throw new RequestInvalidError(parsed.errors);
    const { operation, storyId, options, attempts } = parsed.value;
    const maxAttempts = attempts ?? operations[operation].defaults.attempts;
    note({ operation, storyId });
    const { task } = await dependencies.tasks
      .createTask({ operation, storyId, payload: { ...options }, dispatch: 'queue', maxAttempts })
      .catch(tellOfStory);
    note({ taskId: task.id });
    try {
      await dependencies.lanes.enqueue(task);
    } catch (error) {
      if (!(error instanceof LaneUnavailableError)) throw error;
      logger.warn({ taskId: task.id, operation, storyId }, 'the lane did not take the task');
      await giveUp(dependencies, task.id);
    }
    return { status: 201, headers: { Location: `/api/story-tasks/${task.id}` }, body: { taskId: task.id } };
  },
});

/** Of a create, an unknown story is a fault in the body, not a missing page. */
function tellOfStory(error: unknown): never {
  if (error instanceof StoryNotFoundError) {
    throw new RequestInvalidError([{ path: 'storyId', message: error.message }]);
  }
  throw error;
}

/** Fails the task, unless the reconciler found it first and somebody runs it: then all is well. */
async function giveUp({ tasks }: ApiDependencies, taskId: string): Promise<void> {
  const { outcome } = await tasks.failEnqueue(taskId, 'The task could not be queued: Redis is down, slow or full.');
  if (outcome === 'failed') throw new TaskNotEnqueuedError(taskId);
}
