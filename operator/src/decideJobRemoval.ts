/** Which jobs speak of no task that a worker may still run. */
import { isTerminal } from '@story-tasks/contracts';
import type { JobRow } from '@story-tasks/supabase';

export interface JobObservation {
  readonly jobId: string;
  /** Read after the job was seen, so that a row cannot have come later than its job. Null: there is none. */
  readonly row: Pick<JobRow, 'status' | 'dispatch'> | null;
}

/**
 * A row that is missing was deleted, a terminal one never runs again, and a direct one is run by whoever made it. Every
 * other row's job stays: one too many costs a refused claim, one too few a task that waits for the next tick.
 */
export function decideJobRemoval(observed: readonly JobObservation[]): string[] {
  return observed
    .filter(({ row }) => row === null || isTerminal(row.status) || row.dispatch !== 'queue')
    .map(({ jobId }) => jobId);
}
