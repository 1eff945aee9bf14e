/** A record that counts the ends which the reconciler's writes made, and the runs that it found lost. */
import { countTaskEnds, type Metrics, measureCancellations } from '@story-tasks/runtime';
import type { MendedRun, ReconcileRepository } from '@story-tasks/supabase';

export function observedRecord(record: ReconcileRepository, metrics: Metrics): ReconcileRepository {
  const ends = countTaskEnds(metrics);
  const cancellations = measureCancellations(metrics);
  const observe = ({ action, task }: MendedRun): void => {
    if (action === 'requeued') ends.failed(task, 'WORKER_LOST');
    ends.ended(task);
    cancellations.ended(task);
  };
  return {
    ...record,
    async mendLostRuns(resumable, limit) {
      const mended = await record.mendLostRuns(resumable, limit);
      for (const run of mended) observe(run);
      return mended;
    },
  };
}
