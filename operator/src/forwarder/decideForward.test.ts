import type { LaneEvent, LaneEventsPage } from '@story-tasks/runtime';
import { expect, test } from 'vitest';
import { decideForward } from './decideForward.ts';

const minuteMs = 60_000;
/** A minute far from zero. */
const base = 29_000_000;
const at = (minute: number, second = 0): number => (base + minute) * minuteMs + second * 1_000;
const id = (minute: number, second = 0): string => `${at(minute, second)}-0`;
const added = (minute: number, second = 0): LaneEvent => ({ id: id(minute, second), fields: { event: 'added' } });

/** A stream with these entries, read from the position on. */
function page(entries: readonly LaneEvent[], position: string | null, changes: Partial<LaneEventsPage> = {}) {
  const from = position === null ? 0 : Number(position.split('-')[0]);
  return {
    entries: entries.filter((entry) => Number(entry.id.split('-')[0]) >= from),
    firstId: entries[0]?.id ?? null,
    lastId: entries.at(-1)?.id ?? null,
    trimmed: false,
    now: at(100),
    ...changes,
  };
}
const counted = (minute: number, count: number) => ({ minute: base + minute, event: 'added', count });
const marked = (from: number, to: number) => ({ from: base + from, to: base + to });

test('of a stream that is empty or gone nothing can be decided, position or none', () => {
  expect(decideForward(null, page([], null))).toBeNull();
  expect(decideForward(id(1), page([], id(1)))).toBeNull();
});

test('a stream that is seen for the first time, and was never trimmed, is counted from its beginning', () => {
  const entries = [added(1), added(1, 59), added(2)];
  expect(decideForward(null, page(entries, null))).toEqual({
    counts: [counted(1, 2), counted(2, 1)],
    incomplete: [],
    position: id(2),
  });
});

test('one that was trimmed before is counted too, and the minute of its first entry is marked', () => {
  const decided = decideForward(null, page([added(1), added(2)], null, { trimmed: true }));
  expect(decided).toEqual({ counts: [counted(1, 1), counted(2, 1)], incomplete: [marked(1, 1)], position: id(2) });
});

test('while the entry at the position is there, what follows it is counted, and nothing else', () => {
  const entries = [added(1), added(2), added(2, 30), added(9)];
  expect(decideForward(id(2), page(entries, id(2), { trimmed: true }))).toEqual({
    counts: [counted(2, 1), counted(9, 1)],
    incomplete: [],
    position: id(9),
  });
});

test('when nothing follows, the position stays and nothing is counted', () => {
  expect(decideForward(id(2), page([added(2)], id(2)))).toEqual({ counts: [], incomplete: [], position: id(2) });
});

test('a stream that was trimmed past the position leaves the minutes from there to its first entry marked', () => {
  const decided = decideForward(id(1), page([added(5), added(6)], id(1), { trimmed: true }));
  expect(decided).toEqual({ counts: [counted(5, 1), counted(6, 1)], incomplete: [marked(1, 5)], position: id(6) });
});

test('so does one that was flushed and began anew: that it was never trimmed proves nothing of what came before', () => {
  const decided = decideForward(id(1), page([added(5)], id(1)));
  expect(decided).toEqual({ counts: [counted(5, 1)], incomplete: [marked(1, 5)], position: id(5) });
});

test('a Redis that fell back behind the position: all since is marked, and what it has was accounted for', () => {
  const decided = decideForward(id(9), page([added(7), added(8)], id(9), { now: at(11) }));
  expect(decided).toEqual({ counts: [], incomplete: [marked(7, 11)], position: id(8) });
});

test('entries on both sides of a position that is gone: the later ones are counted, all before them is marked', () => {
  const decided = decideForward(id(9), page([added(7), added(12), added(13)], id(9)));
  expect(decided).toEqual({ counts: [counted(12, 1), counted(13, 1)], incomplete: [marked(7, 12)], position: id(13) });
});

test('flushed, and the clock set back: what the stream has is marked, and so is the minute that was reached before', () => {
  const decided = decideForward(id(500), page([added(3), added(4)], id(500), { now: at(5) }));
  expect(decided).toEqual({ counts: [], incomplete: [marked(3, 5), marked(500, 500)], position: id(4) });
});

test('a clock that is set back behind the entries themselves has them marked all the same', () => {
  const decided = decideForward(id(500), page([added(30)], id(500), { now: at(5) }));
  expect(decided).toEqual({ counts: [], incomplete: [marked(5, 30), marked(500, 500)], position: id(30) });
});

test('of a gap of years the last 31 days are marked', () => {
  const days = 24 * 60;
  const decided = decideForward(id(0), page([added(900 * days)], id(0)));
  expect(decided?.incomplete).toEqual([marked(869 * days, 900 * days)]);
});

test('the minute is that of the entry’s id: two milliseconds apart may be two minutes', () => {
  const entries = [
    { id: `${at(2) - 1}-7`, fields: { event: 'added' } },
    { id: `${at(2)}-0`, fields: { event: 'added' } },
  ];
  expect(decideForward(null, page(entries, null))?.counts).toEqual([counted(1, 1), counted(2, 1)]);
});
