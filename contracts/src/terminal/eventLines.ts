/** A task's events as both command lines show them. */
import type { TaskEvent } from '../events.ts';
import type { Output } from './output.ts';
import { printable, table, time } from './text.ts';

/** @param events newest first, as they are answered; people read them oldest first */
export function eventLines(out: Output, events: readonly TaskEvent[]): string[] {
  const rows = events
    .toReversed()
    .map((event) => [
      String(event.seq),
      time(event.createdAt),
      event.progressOverride === null ? '' : `${event.progressOverride} %`,
      printable(event.message),
    ]);
  return table([out.heading(['SEQ', 'AT', 'PROGRESS', 'MESSAGE']), ...rows]);
}
