/**
 * Text of the record for people at a terminal: safe to print, and as wide as it looks. Both command lines use it; it is not
 * in the index, which browsers may read.
 */
import { stripVTControlCharacters } from 'node:util';

/** Control characters, and those that turn the direction of what follows: a title could forge a line with them. */
const unprintable = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** Stored text on one line; what could move the cursor becomes a space. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(unprintable, ' ');
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Columns that a text takes. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(stripVTControlCharacters(text))) width += wide.test(segment) ? 2 : 1;
  return width;
}

/** Cuts a text to so many columns, and says with an ellipsis that it did. */
export function shorten(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    if (displayWidth(kept + segment) > columns - 1) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

/** Rows as lines of aligned columns, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell));
    }
  }
  const padded = (cell: string, column: number) => cell + ' '.repeat((widths[column] ?? 0) - displayWidth(cell));
  return rows.map((row) => row.map(padded).join('  ').trimEnd());
}

/** A time of the record, to the second, in UTC. */
export function time(iso: string | null): string {
  return iso === null ? '–' : `${iso.slice(0, 19).replace('T', ' ')}Z`;
}

/** A duration as minutes and seconds. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

const maxName = 60;

/** What a story is called when nobody says: the first line of its prompt that says something, shortened. */
export function nameFrom(prompt: string): string {
  const line = prompt.split(/\r?\n/).find((candidate) => /[\p{L}\p{N}]/u.test(candidate)) ?? '';
  const plain = printable(line)
    .replace(/^[\s#>*-]+/, '')
    .replace(/\s+/g, ' ')
    .trim();
  return shorten(plain, maxName) || 'Untitled story';
}

const barColumns = 20;

/** Bar, percent, elapsed and the latest event, cut to the terminal: a line that wraps could not be drawn over. */
export function progressLine(percent: number, elapsed: string, latest: string, columns: number): string {
  const full = Math.floor((Math.min(100, percent) * barColumns) / 100);
  const bar = '█'.repeat(full) + '░'.repeat(barColumns - full);
  const head = `${bar} ${String(percent).padStart(3)} %  ${elapsed}  `;
  return shorten(head + shorten(latest, Math.max(0, columns - displayWidth(head) - 1)), Math.max(1, columns - 1));
}
