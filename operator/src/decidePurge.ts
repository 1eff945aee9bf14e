/** When the next page of old tasks is deleted, and how old they must be. */

export interface PurgeObservation {
  /** When the last page was deleted, in milliseconds since the epoch; null: not since the start. */
  readonly lastAt: number | null;
  /** True when the last page was full: there may be more. */
  readonly more: boolean;
}

export interface PurgeConfig {
  /** Undefined: everything is kept. */
  readonly retentionDays: number | undefined;
  /** Between two looks while there is nothing more to delete, in milliseconds. */
  readonly everyMs: number;
}

const dayMs = 86_400_000;

/**
 * @param now milliseconds since the epoch; only the pause is measured by it, ages are the database's matter
 * @returns null: not now
 */
export function decidePurge(
  { lastAt, more }: PurgeObservation,
  { retentionDays, everyMs }: PurgeConfig,
  now: number,
): { finishedBeforeMs: number } | null {
  if (retentionDays === undefined) return null;
  const due = lastAt === null || more || Math.abs(now - lastAt) >= everyMs;
  return due ? { finishedBeforeMs: Math.round(retentionDays * dayMs) } : null;
}
