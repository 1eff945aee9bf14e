import { describe, expect, test } from 'vitest';
import { displayWidth, duration, nameFrom, printable, progressLine, shorten, table, time } from './text.ts';

describe('stored text', () => {
  test.each([
    ['an escape sequence', 'a\u001b[31mb\u001b[0m', 'ab'],
    ['a line break', 'a\r\nb', 'a b'],
    ['a change of direction', 'a\u202eb', 'a b'],
    ['a bell', 'a\u0007b', 'a b'],
    ['letters of any script', 'Märchen 灯台 🌊', 'Märchen 灯台 🌊'],
  ])('with %s is safe to print', (_, text, printed) => {
    expect(printable(text)).toBe(printed);
  });
});

test.each([
  ['abc', 3],
  ['灯台', 4],
  ['e\u0301', 1],
  ['👩‍🚀', 2],
  ['\u001b[1mab\u001b[22m', 2],
])('%j is %i columns wide', (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

test('a text that is too long ends in an ellipsis within its columns', () => {
  expect(shorten('abcdef', 6)).toBe('abcdef');
  expect(shorten('abcdefg', 6)).toBe('abcde…');
  expect(shorten('灯台守り', 6)).toBe('灯台…');
});

test('columns are aligned by what they look like', () => {
  expect(
    table([
      ['灯台', 'x'],
      ['abc', 'y'],
      ['', ''],
    ]),
  ).toEqual(['灯台  x', 'abc   y', '']);
});

test('times are told to the second, durations in minutes', () => {
  expect(time('2026-11-22T05:12:33.123Z')).toBe('2026-11-22 05:12:33Z');
  expect(time(null)).toBe('–');
  expect([duration(-5), duration(61_999), duration(3_600_000)]).toEqual(['0:00', '1:01', '60:00']);
});

test.each([
  ['A door under the sea.\nMore of it.', 'A door under the sea.'],
  ['\n\n---\n# The Door\n', 'The Door'],
  ['> a\ttab  and\u001b[31m red', 'a tab and red'],
  ['x'.repeat(70), `${'x'.repeat(59)}…`],
  ['!!!', 'Untitled story'],
  ['', 'Untitled story'],
])('%j is called %j', (prompt, name) => {
  expect(nameFrom(prompt)).toBe(name);
});

describe('a line of progress', () => {
  test('tells bar, percent, elapsed and the latest event', () => {
    expect(progressLine(45, '1:07', 'Scenelet 5 of 12 written', 80)).toBe(
      '█████████░░░░░░░░░░░  45 %  1:07  Scenelet 5 of 12 written',
    );
  });

  test.each([80, 40, 34, 20, 1])('never wraps at %i columns', (columns) => {
    const line = progressLine(100, '12:00', '灯台守りの物語'.repeat(20), columns);
    expect(displayWidth(line)).toBeLessThan(Math.max(2, columns));
  });
});
