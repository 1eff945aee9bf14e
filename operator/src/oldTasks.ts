/** Retention: tasks that ended long ago are deleted, a page a tick while there are any. */
import type { ReconcileRepository } from '@story-tasks/supabase';
import { decidePurge, type PurgeObservation } from './decidePurge.ts';
import { limits } from './limits.ts';
import type { ReconcilePart } from './reconciler.ts';

export interface OldTasksDependencies {
  readonly record: Pick<ReconcileRepository, 'purgeTasks'>;
  /** Undefined: everything is kept. */
  readonly retentionDays: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function oldTasks({ record, retentionDays, now }: OldTasksDependencies): ReconcilePart {
  const config = { retentionDays, everyMs: limits.purgeEveryMs };
  let last: PurgeObservation = { lastAt: null, more: false };
  return {
    name: 'old tasks',
    async run(done) {
      const decided = decidePurge(last, config, now());
      if (decided === null) return;
      const purged = await record.purgeTasks(decided.finishedBeforeMs, limits.purgedTasks);
      for (const task of purged) done('purged', task);
      last = { lastAt: now(), more: purged.length === limits.purgedTasks };
    },
  };
}
