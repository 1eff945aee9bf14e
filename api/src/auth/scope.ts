/**
 * What a request works with: all there is, or what belongs to the person who calls. Endpoints get nothing else, so none can
 * forget to look. What is another person's is not there, and is told with the very words of what never was.
 */
import { operations } from '@story-tasks/contracts';
import type { NewTask, StoriesRepository } from '@story-tasks/supabase';
import type { ApiDependencies } from '../dependencies.ts';
import { RequestInvalidError } from '../errors.ts';
import type { Principal } from './principal.ts';

export function scopeOf(all: ApiDependencies, principal: Principal): ApiDependencies {
  const { requester, userId } = principal;
  if (userId !== null) return { ...all, ...ownWork(all, requester, userId) };
  return { ...all, tasks: { ...all.tasks, createTask: (task) => all.tasks.createTask({ ...task, requester }) } };
}

type OwnWork = Pick<ApiDependencies, 'tasks' | 'stories' | 'scenelets' | 'streams'>;

/** A task's and a story's owner never becomes another one, so that a look before each call is as good as one in it. */
function ownWork({ tasks, stories, scenelets, streams }: OwnWork, requester: string, userId: string): OwnWork {
  const ownTask = (taskId: string) => tasks.getTask(taskId, userId);
  const ownStory = (storyId: string) => stories.getStory(storyId, userId);
  const ofTask = after(ownTask);
  return {
    tasks: {
      async createTask(task) {
        await requireStories(task, ownStory);
        return tasks.createTask({ ...task, requester, requestedBy: userId });
      },
      listTasks: (listing) => tasks.listTasks({ ...listing, requestedBy: userId }),
      getTask: ownTask,
      listRecentEvents: ofTask(tasks.listRecentEvents),
      listEventsAfter: ofTask(tasks.listEventsAfter),
      startTask: ofTask(tasks.startTask),
      cancelTask: ofTask(tasks.cancelTask),
      retryTask: ofTask(tasks.retryTask),
      failEnqueue: ofTask(tasks.failEnqueue),
    },
    stories: {
      createStory: (story) => stories.createStory({ ...story, requestedBy: userId }),
      getStory: ownStory,
    },
    scenelets: { listByStory: after(ownStory)(scenelets.listByStory) },
    streams: { open: ofTask((taskId, position: number) => streams.open(taskId, position)) },
  };
}

/** A call that is made once its first argument was found to be the caller's own. */
function after(look: (id: string) => Promise<unknown>) {
  return <More extends unknown[], Answer>(call: (id: string, ...more: More) => Promise<Answer>) =>
    async (id: string, ...more: More): Promise<Answer> => {
      await look(id);
      return call(id, ...more);
    };
}

/** The task's own story, and those that its options have it read. @throws RequestInvalidError naming the one that is not there */
async function requireStories(task: NewTask, ownStory: StoriesRepository['getStory']): Promise<void> {
  const named = operations[task.operation].storyOptions.map(
    (name) => [`options.${name}`, task.payload?.[name]] as const,
  );
  for (const [path, storyId] of [['storyId', task.storyId] as const, ...named]) {
    if (typeof storyId !== 'string') continue;
    await ownStory(storyId).catch((error: Error & { code?: string }) => {
      throw error.code === 'STORY_NOT_FOUND' ? new RequestInvalidError([{ path, message: error.message }]) : error;
    });
  }
}
