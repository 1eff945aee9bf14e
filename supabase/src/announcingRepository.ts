/** Repositories that tell the streams of every API process of each write that their readers wait for. */
import type { TaskEventsHint, TaskRecord } from '@story-tasks/contracts';
import type { ReconcileRepository } from './reconcileRepository.ts';
import type { BatchAnswer, StoryTasksRepository } from './storyTasksRepository.ts';

/** Answers to a batch whose events were written. */
const accepted: ReadonlySet<BatchAnswer | undefined> = new Set(['ok', 'cancel']);

/** @param announce called after the write was answered; must not throw */
export function announcingRepository(
  repository: StoryTasksRepository,
  announce: (hint: TaskEventsHint) => void,
): StoryTasksRepository {
  const told = <Outcome extends { readonly task: TaskRecord }>(outcome: Outcome): Outcome => {
    announce({ taskId: outcome.task.id, seq: outcome.task.lastSeq });
    return outcome;
  };
  return {
    ...repository,
    startTask: async (taskId) => told(await repository.startTask(taskId)),
    cancelTask: async (taskId, reason) => told(await repository.cancelTask(taskId, reason)),
    failEnqueue: async (taskId, message) => told(await repository.failEnqueue(taskId, message)),
    async claimTask(claim) {
      const outcome = await repository.claimTask(claim);
      return outcome.outcome === 'claimed' ? told(outcome) : outcome;
    },
    async appendBatch(entries) {
      const answers = await repository.appendBatch(entries);
      for (const { taskId, events = [] } of entries) {
        if (events.length > 0 && accepted.has(answers[taskId])) announce({ taskId });
      }
      return answers;
    },
    finishTask: async (finish) => told(await repository.finishTask(finish)),
    releaseTask: async (release) => told(await repository.releaseTask(release)),
  };
}

/** The same for what the reconciler writes. @param announce called after the write was answered; must not throw */
export function announcingReconcileRepository(
  repository: ReconcileRepository,
  announce: (hint: TaskEventsHint) => void,
): ReconcileRepository {
  return {
    ...repository,
    async mendLostRuns(resumable, limit) {
      const mended = await repository.mendLostRuns(resumable, limit);
      for (const { task } of mended) announce({ taskId: task.id, seq: task.lastSeq });
      return mended;
    },
  };
}
