import { describe, expect, test } from 'vitest';
import type { VisualDesign } from '../documents/documents.ts';
import { black, type Colour, contrast } from './colours.ts';
import { type PlayerTheme, playerTheme, themeCss } from './playerTheme.ts';

type Palette = VisualDesign['palette'];

const design = (palette: Palette, motifs = ['rain']): VisualDesign => ({
  style: 'any',
  palette,
  typography: { heading: 'slab', body: 'mono' },
  motifs,
  settings: [],
});

/** Every ink with every ground it is put on. */
const pairs: readonly (readonly [ink: string, grounds: readonly string[], ratio: number])[] = [
  ['ink', ['page', 'glow'], 4.5],
  ['ink-soft', ['page', 'glow'], 4.5],
  ['ink-accent', ['page', 'glow'], 4.5],
  ['card-ink', ['card', 'card-hover'], 4.5],
  ['card-ink-accent', ['card', 'card-hover'], 4.5],
  ['fill-ink', ['fill'], 4.5],
  ['fill', ['page', 'glow'], 3],
];

/** Pairs that are too close, as `ink on ground: ratio`. */
function unreadable({ colours }: PlayerTheme): string[] {
  const colour = (name: string): Colour => colours[name] ?? black;
  return pairs.flatMap(([ink, grounds, ratio]) =>
    grounds
      .filter((ground) => contrast(colour(ink), colour(ground)) < ratio)
      .map((ground) => `${ink} on ${ground}: ${contrast(colour(ink), colour(ground)).toFixed(2)}`),
  );
}

/** A palette that nobody chose: every part of it from a fixed sequence of noise. */
function noisePalette(seed: number): Palette {
  let state = seed * 2654435761;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return `#${(state >>> 8).toString(16).padStart(6, '0')}`;
  };
  return { background: next(), surface: next(), text: next(), accent: next(), muted: next() };
}

describe('the theme', () => {
  test('a story without a design gets one that can be read', () => {
    const theme = playerTheme(null);
    expect(theme.scheme).toBe('light');
    expect(unreadable(theme)).toEqual([]);
  });

  test('a palette in one grey is made readable', () => {
    const grey = '#777777';
    const theme = playerTheme(design({ background: grey, surface: grey, text: grey, accent: grey, muted: grey }));
    expect(unreadable(theme)).toEqual([]);
  });

  test('a pale surface on a dark page is readable too', () => {
    const theme = playerTheme(
      design({ background: '#101010', surface: '#fafafa', text: '#f0f0f0', accent: '#ffdd00', muted: '#999999' }),
    );
    expect(theme.scheme).toBe('dark');
    expect(unreadable(theme)).toEqual([]);
  });

  test('two thousand palettes that nobody chose are all readable', () => {
    const bad = Array.from({ length: 2000 }, (_, seed) => unreadable(playerTheme(design(noisePalette(seed)))));
    expect(bad.flat()).toEqual([]);
  });

  test('a palette that can be read is left as the designer made it', () => {
    const palette = { background: '#10202b', surface: '#1a303d', text: '#f1e8d8', accent: '#e9a15b', muted: '#a6b6bd' };
    const { colours } = playerTheme(design(palette));
    expect(colours).toMatchObject({ page: [16, 32, 43], ink: [241, 232, 216], 'ink-accent': [233, 161, 91] });
  });

  test('nothing of the design’s own text reaches the stylesheet', () => {
    const palette = { ...playerPalette, accent: 'red;}</style><script>' };
    const css = themeCss(playerTheme(design(palette, ['</style>'])));
    expect(css).not.toMatch(/<|script/);
    expect(css).toMatch(/^:root \{(\n {2}[\w-]+: ?[^<>{}]+;| *--[\w-]+: [^<>{}]+;)+\n\}\n$/);
  });

  test.each([
    [['a lighthouse beam over open water'], 'rays', 'sea'],
    [['neon windows', 'a lattice of wires'], 'lattice', 'skyline'],
    [['rain on a tin roof'], 'rain', 'skyline'],
    [['old trees'], 'rings', 'forest'],
    [['fireflies'], 'stars', 'hills'],
    [['something nobody could draw'], 'rings', 'hills'],
  ])('the motifs %j become %s over %s', (motifs, pattern, horizon) => {
    expect(playerTheme(design(playerPalette, motifs))).toMatchObject({ pattern, horizon });
  });
});

const playerPalette: Palette = {
  background: '#10202b',
  surface: '#1a303d',
  text: '#f1e8d8',
  accent: '#e9a15b',
  muted: '#8fa6ad',
};
