/** Queued rows without a job: a page of rows a tick, compared with the lanes. */
import type { TaskRecord } from '@story-tasks/contracts';
import type { Lanes } from '@story-tasks/runtime';
import type { StoryTasksRepository } from '@story-tasks/supabase';
import { decideEnqueue, type QueuedObservation } from './decideEnqueue.ts';
import { limits } from './limits.ts';
import type { ReconcilePart } from './reconciler.ts';

export interface QueuedRowsDependencies {
  readonly tasks: Pick<StoryTasksRepository, 'listQueued'>;
  readonly lanes: Pick<Lanes, 'ready' | 'hasJob' | 'requeue'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function queuedRows({ tasks, lanes, now }: QueuedRowsDependencies): ReconcilePart {
  let after: string | null = null;
  const observe = async (task: TaskRecord): Promise<QueuedObservation> => ({
    task,
    hasJob: await lanes.hasJob(task).catch(() => null),
  });
  return {
    name: 'queued rows',
    async run(done) {
      await lanes.ready();
      const page = await tasks.listQueued(after, limits.queuedRows);
      const observed = await Promise.all(page.map(observe));
      for (const { task, delayMs } of decideEnqueue(observed, now())) {
        if (await lanes.requeue(task, delayMs)) done('enqueued', task);
      }
      // Only now: a page that could not be finished is begun again.
      after = page.length < limits.queuedRows ? null : (page.at(-1)?.id ?? null);
    },
  };
}
