/** From rows (snake_case, times in whatever form the gateway prints) to records (camelCase, ISO 8601). */
import type { TaskEvent, TaskRecord } from '@story-tasks/contracts';

type Row = Record<string, unknown>;

function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Gateways print timestamptz in several forms; a record has one. Precision below a millisecond is dropped. */
function isoTime(value: unknown): unknown {
  return typeof value === 'string' ? new Date(value).toISOString() : value;
}

/** Renames a row's columns, and normalises those that end in `_at`. Values inside jsonb columns are left alone. */
export function recordOf<T>(row: Row): T {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [camel(name), name.endsWith('_at') ? isoTime(value) : value]),
  ) as T;
}

/** The claim token is its claimer's own and leaves the store to nobody else. */
export function taskRecordOf(row: Row): TaskRecord {
  const { claim_token: _, ...rest } = row;
  return recordOf<TaskRecord>(rest);
}

export function taskEventOf(row: Row): TaskEvent {
  const { task_id: _, ...rest } = row;
  return recordOf<TaskEvent>(rest);
}
