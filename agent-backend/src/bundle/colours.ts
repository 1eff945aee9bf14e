/** Colour arithmetic for the player's theme. */
import { contrast as contrastOfHex, readableContrast } from '../documents/contrast.ts';

/** Red, green and blue, 0..255. */
export type Colour = readonly [red: number, green: number, blue: number];

export const black: Colour = [0, 0, 0];
export const white: Colour = [255, 255, 255];

/** Smallest contrast of text of any size, level AA. */
export const readableRatio = readableContrast;

/** Smallest contrast of a control against what it stands on (WCAG 1.4.11). */
export const visibleRatio = 3;

/** @param hex `#rrggbb`; anything else answers null */
export function parseColour(hex: string): Colour | null {
  if (!/^#[0-9a-f]{6}$/i.test(hex)) return null;
  const channel = (at: number) => Number.parseInt(hex.slice(at, at + 2), 16);
  return [channel(1), channel(3), channel(5)];
}

export function formatColour(colour: Colour): string {
  return `#${colour.map((channel) => Math.round(channel).toString(16).padStart(2, '0')).join('')}`;
}

/** @param share how much of `other`: 0 answers `colour`, 1 answers `other`. Rounded, so that what is checked is shown. */
export function mix(colour: Colour, other: Colour, share: number): Colour {
  const between = (a: number, b: number) => Math.round(a + (b - a) * share);
  return [between(colour[0], other[0]), between(colour[1], other[1]), between(colour[2], other[2])];
}

/** 1 (the same) to 21 (black on white). */
export function contrast(one: Colour, other: Colour): number {
  return contrastOfHex(formatColour(one), formatColour(other));
}

/** The worst contrast of `ink` over all of `grounds`. */
export function leastContrast(ink: Colour, grounds: readonly Colour[]): number {
  return Math.min(...grounds.map((ground) => contrast(ink, ground)));
}

/** Black or white, whichever is easier to read on all of `grounds`. On a single ground it reaches 4.58 at least. */
export function plainInk(grounds: readonly Colour[]): Colour {
  return leastContrast(black, grounds) > leastContrast(white, grounds) ? black : white;
}

/**
 * `wanted` where it can be read on every one of `grounds`; else the nearest step towards black or white that can, and
 * black or white itself when no step does.
 */
export function readableInk(wanted: Colour, grounds: readonly Colour[], ratio = readableRatio): Colour {
  const extreme = plainInk(grounds);
  for (let share = 0; share < 1; share += 0.04) {
    const ink = mix(wanted, extreme, share);
    if (leastContrast(ink, grounds) >= ratio) return ink;
  }
  return extreme;
}
