import { describe, expect, test } from 'vitest';
import {
  black,
  type Colour,
  contrast,
  formatColour,
  leastContrast,
  mix,
  parseColour,
  plainInk,
  readableInk,
  white,
} from './colours.ts';

const colour = (hex: string): Colour => parseColour(hex) ?? black;

describe('colours', () => {
  test('a colour survives being read and written', () => {
    expect(formatColour(colour('#1a2B3c'))).toBe('#1a2b3c');
  });

  test.each(['red', '#fff', '#12345g', '#1234567', ''])('%j is no colour', (text) => {
    expect(parseColour(text)).toBeNull();
  });

  test.each([
    ['#000000', '#ffffff', 21],
    ['#777777', '#ffffff', 4.48],
    ['#767676', '#ffffff', 4.54],
    ['#336699', '#336699', 1],
  ])('the contrast of %s and %s is %d', (one, other, ratio) => {
    expect(contrast(colour(one), colour(other))).toBeCloseTo(ratio, 2);
    expect(contrast(colour(other), colour(one))).toBeCloseTo(ratio, 2);
  });

  test('a mix goes from the one colour to the other', () => {
    expect(mix(black, white, 0)).toEqual(black);
    expect(mix(black, white, 0.5)).toEqual([128, 128, 128]);
    expect(mix(black, white, 1)).toEqual(white);
  });

  test('black or white can be read on any single ground', () => {
    for (let level = 0; level < 256; level++) {
      const ground: Colour = [level, level, level];
      expect(contrast(plainInk([ground]), ground)).toBeGreaterThan(4.5);
    }
  });

  test('an ink that can be read stays as it was wished for', () => {
    expect(readableInk(colour('#9c3d22'), [white])).toEqual(colour('#9c3d22'));
  });

  test('an ink that cannot be read moves towards the readable end, and no further than it must', () => {
    const ground = colour('#10202b');
    const ink = readableInk(colour('#204050'), [ground]);
    expect(contrast(ink, ground)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(ink, ground)).toBeLessThan(6);
  });

  test('an ink for two grounds can be read on both', () => {
    const grounds = [colour('#10202b'), colour('#3a2a1b')];
    expect(leastContrast(readableInk(colour('#556677'), grounds), grounds)).toBeGreaterThanOrEqual(4.5);
  });
});
