import { expect, test } from 'vitest';
import { decidePurge } from './decidePurge.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const everyMs = 60_000;
const due = { finishedBeforeMs: 7 * 86_400_000 };

test.each([
  ['without a retention nothing is ever deleted', undefined, null, true, null],
  ['the first tick looks', 7, null, false, due],
  ['a full page is followed by the next at once', 7, now, true, due],
  ['after the last page there is a pause', 7, now - everyMs + 1, false, null],
  ['which ends', 7, now - everyMs, false, due],
  ['a clock that was set back does not make the pause longer', 7, now + 2 * everyMs, false, due],
  ['a part of a day is a retention too', 0.5, null, false, { finishedBeforeMs: 43_200_000 }],
])('%s', (_name, retentionDays, lastAt, more, wanted) => {
  expect(decidePurge({ lastAt, more }, { retentionDays, everyMs }, now)).toEqual(wanted);
});
