/** Jobs that no task needs: a page of one lane a tick, compared with the rows. */
import { type Operation, operationNames } from '@story-tasks/contracts';
import type { Lanes } from '@story-tasks/runtime';
import type { ReconcileRepository } from '@story-tasks/supabase';
import { z } from 'zod';
import { decideJobRemoval, type JobObservation } from './decideJobRemoval.ts';
import { limits } from './limits.ts';
import type { ReconcilePart } from './reconciler.ts';

export interface OrphanedJobsDependencies {
  readonly record: Pick<ReconcileRepository, 'findTasks'>;
  readonly lanes: Pick<Lanes, 'ready' | 'listJobIds' | 'discard'>;
}

/** What no task can have as its id has no row, and would fail the read of the others. */
const taskId = z.guid();

export function orphanedJobs({ record, lanes }: OrphanedJobsDependencies): ReconcilePart {
  let lane = 0;
  let start = 0;
  const observe = async (jobIds: readonly string[]): Promise<JobObservation[]> => {
    const found = await record.findTasks(jobIds.filter((id) => taskId.safeParse(id).success));
    const rows = new Map(found.map((row) => [row.id, row]));
    return jobIds.map((jobId) => ({ jobId, row: rows.get(jobId) ?? null }));
  };
  return {
    name: 'orphaned jobs',
    async run(done) {
      const operation = operationNames[lane % operationNames.length] as Operation;
      await lanes.ready();
      const jobIds = await lanes.listJobIds(operation, start, limits.jobs);
      for (const id of decideJobRemoval(await observe(jobIds))) {
        // Held by a worker: it is about to leave by itself, and if not, it is found again.
        if (await lanes.discard(operation, id)) done('job_removed', { id, operation });
      }
      if (jobIds.length > 0) start += limits.jobs;
      else [lane, start] = [lane + 1, 0];
    },
  };
}
