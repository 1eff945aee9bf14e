/** Runs whose lease ran out. Postgres decides what becomes of them; what it queued again gets its job at once. */
import { operationNames, operations } from '@story-tasks/contracts';
import type { Lanes } from '@story-tasks/runtime';
import type { ReconcileRepository } from '@story-tasks/supabase';
import { decideEnqueue } from './decideEnqueue.ts';
import { limits } from './limits.ts';
import type { ReconcilePart } from './reconciler.ts';

export interface LostRunsDependencies {
  readonly record: Pick<ReconcileRepository, 'mendLostRuns'>;
  readonly lanes: Pick<Lanes, 'ready' | 'requeue'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const resumable = operationNames.filter((operation) => operations[operation].resumable);

export function lostRuns({ record, lanes, now }: LostRunsDependencies): ReconcilePart {
  return {
    name: 'lost runs',
    async run(done) {
      const mended = await record.mendLostRuns(resumable, limits.lostRuns);
      for (const { action, task } of mended) done(action, task);
      const toEnqueue = decideEnqueue(
        mended.map(({ task }) => ({ task, hasJob: false })),
        now(),
      );
      if (toEnqueue.length > 0) await lanes.ready();
      // A job that the lost worker's lock still holds is left: it is found without that lock at a later tick.
      for (const { task, delayMs } of toEnqueue) await lanes.requeue(task, delayMs);
    },
  };
}
