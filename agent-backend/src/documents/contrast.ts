/** How well one colour can be read on another, by WCAG 2.2 (success criterion 1.4.3). */

/** Contrast that level AA asks of ordinary text. */
export const readableContrast = 4.5;

function channel(hex: string): number {
  const value = Number.parseInt(hex, 16) / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((start) => channel(colour.slice(start, start + 2)));
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

/**
 * @param one a colour as #rrggbb
 * @returns the ratio, 1 (the same) to 21 (black on white)
 */
export function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}
