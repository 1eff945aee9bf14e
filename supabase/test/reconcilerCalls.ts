/** The reconciler's calls as a connection makes them. */
import type pg from 'pg';
import { call, type TaskRow } from './calls.ts';

export interface Mended {
  readonly action: string;
  readonly task: TaskRow;
}

/** Mends lost runs. By default every operation that the tests use can resume. */
export async function mend(
  client: pg.Client,
  resumable: readonly string[] = ['RUN_WORKFLOW_TASK'],
  limit = 100,
): Promise<readonly Mended[]> {
  const answer = await call(client, 'mend_story_task_losses', { resumable, limit });
  return (answer as unknown as { mended: Mended[] }).mended;
}
