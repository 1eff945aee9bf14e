/**
 * The story's visual design as CSS custom properties. A design is a wish: a palette nobody could read is corrected
 * here, and only figures and stacks made here reach the stylesheet, never the design's own text.
 */
import type { VisualDesign } from '../documents/documents.ts';
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
  readableRatio,
  visibleRatio,
  white,
} from './colours.ts';
import { type Horizon, horizonOf, type Pattern, patternOf } from './motifs.ts';

type Face = VisualDesign['typography']['body'];
type Look = Pick<VisualDesign, 'palette' | 'typography' | 'motifs'>;

export interface PlayerTheme {
  readonly scheme: 'dark' | 'light';
  readonly pattern: Pattern;
  readonly horizon: Horizon;
  readonly colours: Readonly<Record<string, Colour>>;
  readonly fonts: { readonly heading: string; readonly headingWeight: number; readonly body: string };
}

/** A well-read paperback: worn by every story that has no design of its own. */
const plainLook: Look = {
  palette: { background: '#f5efe3', surface: '#fffaf0', text: '#2a2420', accent: '#9c3d22', muted: '#75695c' },
  typography: { heading: 'serif', body: 'serif' },
  motifs: ['low sun over hills'],
};

/** Faces that are on the reader's machine already: the bundle loads nothing. */
const stacks: Readonly<Record<Face, string>> = {
  serif:
    '"Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", "Book Antiqua", Georgia, "Liberation Serif", serif',
  sans: '"Avenir Next", Avenir, "Segoe UI", "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif',
  slab: 'Rockwell, "Rockwell Nova", "Roboto Slab", "Sitka Text", "DejaVu Serif", "Noto Serif", serif',
  mono: '"Cascadia Code", "SF Mono", Menlo, Consolas, "Source Code Pro", "Liberation Mono", monospace',
};

/** Large serifs are strong enough as they are; the others want more weight to stand out. */
const headingWeights: Readonly<Record<Face, number>> = { serif: 400, sans: 700, slab: 600, mono: 600 };

/** @param design null for a story that has none yet */
export function playerTheme(design: VisualDesign | null): PlayerTheme {
  const look: Look = design ?? plainLook;
  const palette = colourOf(look.palette);
  const scheme = contrast(black, palette.background) < contrast(black, palette.text) ? 'dark' : 'light';
  return {
    scheme,
    pattern: patternOf(look.motifs),
    horizon: horizonOf(look.motifs),
    colours: { ...readingColours(palette), ...plateColours(palette, scheme) },
    fonts: fontsOf(look.typography),
  };
}

function fontsOf({ heading, body }: Look['typography']): PlayerTheme['fonts'] {
  return { heading: stacks[heading], headingWeight: headingWeights[heading], body: stacks[body] };
}

type Palette = Readonly<Record<keyof VisualDesign['palette'], Colour>>;

function colourOf(palette: VisualDesign['palette']): Palette {
  const colour = (name: keyof Palette) =>
    parseColour(palette[name]) ?? (parseColour(plainLook.palette[name]) as Colour);
  return {
    background: colour('background'),
    surface: colour('surface'),
    text: colour('text'),
    accent: colour('accent'),
    muted: colour('muted'),
  };
}

/** Each ground has inks of its own, so that a pale surface on a dark page is readable too. */
function readingColours({ background, surface, text, accent, muted }: Palette): Record<string, Colour> {
  const glow = tinted(background, accent, [0.16, 0.1, 0.05]);
  const page = [background, glow];
  const hover = tinted(surface, accent, [0.08, 0.04]);
  const card = [surface, hover];
  const fill = readableInk(accent, page, visibleRatio);
  return {
    page: background,
    glow,
    ink: readableInk(text, page),
    'ink-soft': readableInk(muted, page),
    'ink-accent': readableInk(accent, page),
    line: mix(background, readableInk(text, page), 0.2),
    card: surface,
    'card-hover': hover,
    'card-ink': readableInk(text, card),
    'card-ink-accent': readableInk(accent, card),
    'card-line': mix(surface, readableInk(text, card), 0.2),
    fill,
    'fill-ink': plainInk([fill]),
  };
}

/** A breath of the accent on a ground: the first of `shares` that leaves an ink which can be read on both, or none. */
function tinted(ground: Colour, accent: Colour, shares: readonly number[]): Colour {
  for (const share of shares) {
    const tint = mix(ground, accent, share);
    if (leastContrast(plainInk([ground, tint]), [ground, tint]) >= readableRatio) return tint;
  }
  return ground;
}

/** The picture at the head of each page carries no text, so taste alone decides here. */
function plateColours({ background, accent, muted, text }: Palette, scheme: 'dark' | 'light'): Record<string, Colour> {
  const dark = scheme === 'dark';
  return {
    'sky-high': dark ? mix(background, black, 0.35) : mix(background, muted, 0.42),
    'sky-mid': dark ? mix(background, muted, 0.16) : mix(background, muted, 0.2),
    'sky-low': dark ? mix(background, accent, 0.72) : mix(background, accent, 0.34),
    disc: dark ? mix(accent, white, 0.62) : mix(accent, white, 0.12),
    'hill-far': dark ? mix(mix(background, accent, 0.26), muted, 0.18) : mix(background, muted, 0.62),
    'hill-mid': dark ? mix(mix(background, accent, 0.12), black, 0.12) : mix(muted, text, 0.3),
    'hill-near': dark ? mix(background, black, 0.55) : mix(text, muted, 0.22),
    thread: dark ? mix(accent, white, 0.4) : mix(background, white, 0.6),
  };
}

/** The theme as a rule for `:root`. */
export function themeCss({ scheme, colours, fonts }: PlayerTheme): string {
  const lines = Object.entries(colours).map(([name, colour]) => `  --${name}: ${formatColour(colour)};`);
  return [
    ':root {',
    `  color-scheme: ${scheme};`,
    ...lines,
    `  --heading-face: ${fonts.heading};`,
    `  --heading-weight: ${fonts.headingWeight};`,
    `  --body-face: ${fonts.body};`,
    '}\n',
  ].join('\n');
}
