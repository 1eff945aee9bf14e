/** A repository that tells of the changes which its own writes made; what another process did is not told here. */
import type { TaskRecord } from '@story-tasks/contracts';
import type { StoryTasksRepository } from './storyTasksRepository.ts';

/** `retrying`: a run failed, and its task waits for the next. `ended`: the task's status is terminal by this write. */
export type TaskChange = 'created' | 'claimed' | 'retrying' | 'ended';

/** @param observe called after the write was answered, once for each change; must not throw */
export function observedRepository(
  repository: StoryTasksRepository,
  observe: (change: TaskChange, task: TaskRecord) => void,
): StoryTasksRepository {
  /** Tells what a typed outcome means; an outcome that is not named changed nothing here. */
  const told = <Outcome extends { readonly outcome: string; readonly task: TaskRecord }>(
    changes: Partial<Record<Outcome['outcome'], TaskChange>>,
    answer: Outcome,
  ): Outcome => {
    const change = changes[answer.outcome as Outcome['outcome']];
    if (change !== undefined) observe(change, answer.task);
    return answer;
  };
  return {
    ...repository,
    createTask: async (input) => told({ created: 'created' }, await repository.createTask(input)),
    async retryTask(taskId) {
      const task = await repository.retryTask(taskId);
      observe('created', task);
      return task;
    },
    async claimTask(claim) {
      const answer = await repository.claimTask(claim);
      return answer.outcome === 'claimed' ? told({ claimed: 'claimed' }, answer) : answer;
    },
    finishTask: async (finish) =>
      told({ finished: 'ended', cancelled: 'ended', retrying: 'retrying' }, await repository.finishTask(finish)),
    releaseTask: async (release) => told({ cancelled: 'ended' }, await repository.releaseTask(release)),
    async cancelTask(taskId, reason) {
      const answer = await repository.cancelTask(taskId, reason);
      return answer.byThisCall === true ? told({ cancelled: 'ended' }, answer) : answer;
    },
    failEnqueue: async (taskId, message) => told({ failed: 'ended' }, await repository.failEnqueue(taskId, message)),
  };
}
