/** What the events of a lane add to the counts, and which minutes cannot be known. */
import type { LaneEvent, LaneEventsPage } from '@story-tasks/runtime';
import { laneEventName } from './laneEventName.ts';

interface MinuteCount {
  /** Whole minutes since 1970, by the id of the event: Redis' clock, whoever reads it and when. */
  readonly minute: number;
  readonly event: string;
  readonly count: number;
}

/** Both ends belong to it. */
interface MinuteRange {
  readonly from: number;
  readonly to: number;
}

export interface Forward {
  readonly counts: readonly MinuteCount[];
  readonly incomplete: readonly MinuteRange[];
  /** Up to here all is counted, or marked. */
  readonly position: string;
}

/** Of a gap that is longer, the latest so many minutes are marked: 31 days. */
const longestGap = 31 * 24 * 60;

/**
 * Trimming takes the oldest, so while the entry at the position is there, so is everything after it. The first line that
 * fits counts.
 *
 *   position      the stream                    counted         marked as incomplete
 *   (any)         empty or gone                 null: nothing can be said of what comes next before it has an entry
 *   none          never trimmed                 all of it       nothing
 *   none          trimmed                       all of it       the minute of its first entry
 *   still there   –                             what follows    nothing
 *   gone          has later entries             those           from the position, or an older first entry, to the first of them
 *   gone          has older ones alone          nothing         from the position, or an older first entry, to now
 *
 * Older entries under a position that is gone come of a Redis that fell back behind it, or was flushed while its clock was
 * set back: they may have been counted, or not.
 */
export function decideForward(position: string | null, page: LaneEventsPage): Forward | null {
  const { entries, firstId, lastId } = page;
  if (firstId === null || lastId === null) return null;
  if (position === null) {
    return forward(entries, page.trimmed ? [rangeOf(timeOf(firstId), timeOf(firstId))] : [], lastId);
  }
  const [next, ...later] = entries;
  if (next?.id === position) return forward(later, [], position);
  const from = Math.min(timeOf(position), timeOf(firstId));
  if (next) return forward(entries, [rangeOf(from, timeOf(next.id))], position);
  return forward([], lostSince(timeOf(position), from, timeOf(lastId), page.now), lastId);
}

/** With a clock that was set back, the position's minute lies ahead of all else, and is marked by itself. */
function lostSince(position: number, first: number, last: number, now: number): MinuteRange[] {
  if (now >= position) return [rangeOf(first, now)];
  return [rangeOf(Math.min(first, now), Math.max(last, now)), rangeOf(position, position)];
}

/** @param fallback the position when there are no entries */
function forward(entries: readonly LaneEvent[], incomplete: readonly MinuteRange[], fallback: string): Forward {
  return { counts: countsOf(entries), incomplete, position: entries.at(-1)?.id ?? fallback };
}

function countsOf(entries: readonly LaneEvent[]): MinuteCount[] {
  const counts = new Map<string, MinuteCount>();
  for (const entry of entries) {
    const event = laneEventName(entry);
    if (event === null) continue;
    const minute = minuteOf(timeOf(entry.id));
    const key = `${minute} ${event}`;
    counts.set(key, { minute, event, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}

function rangeOf(fromMs: number, toMs: number): MinuteRange {
  const to = minuteOf(toMs);
  return { from: Math.max(minuteOf(fromMs), to - longestGap), to };
}

const minuteOf = (milliseconds: number): number => Math.floor(milliseconds / 60_000);

/** Of an entry's id, `milliseconds-number`. */
const timeOf = (id: string): number => Number(id.split('-', 1)[0]);
