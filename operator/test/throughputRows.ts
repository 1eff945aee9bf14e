/** What the forwarder wrote, as its tests look at it. */
import type { Operation } from '@story-tasks/contracts';
import type { Store } from '@story-tasks/supabase';

interface Row {
  /** Whole minutes since 1970. */
  readonly minute: number;
  readonly event: string;
  readonly count: number;
  readonly incomplete: boolean;
}

/** Of one operation, by minute and event. */
export async function throughputRows(store: Store, operation: Operation): Promise<Row[]> {
  const { data } = await store.client
    .from('story_task_throughput')
    .select('*')
    .eq('operation', operation)
    .order('minute')
    .order('event');
  return (data ?? []).map((row) => ({ ...row, minute: Date.parse(row.minute) / 60_000 }));
}

export async function forgetThroughput(store: Store): Promise<void> {
  await store.client.from('story_task_throughput').delete().neq('event', '');
  await store.client.from('story_task_throughput_positions').delete().neq('lane', '');
}
