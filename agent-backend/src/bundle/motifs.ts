/** The design's motifs are words; the player draws with a handful of patterns and horizons. Words pick among them. */

export type Pattern = 'stars' | 'rays' | 'rings' | 'lattice' | 'rain' | 'waves';
export type Horizon = 'hills' | 'sea' | 'skyline' | 'forest';

/** The first that matches, over the motifs in their order; matched at the start of a word. */
const patterns: readonly (readonly [Pattern, RegExp])[] = [
  ['rain', /\b(rain|storm|snow|ash|sleet|falling|drizzl)/i],
  ['stars', /\b(star|night|constellation|firefl|spark|ember|dust|space|cosmos|planet)/i],
  ['rays', /\b(lamp|light|lantern|sun|beam|ray|dawn|dusk|fire|flame|beacon|candle)/i],
  ['waves', /\b(wave|sea|tide|water|river|ocean|shore|harbou?r|salt|current)/i],
  ['lattice', /\b(grid|lattice|city|wire|thread|weav|circuit|map|glass|window|brick|tile|net|paper|letter|book)/i],
  ['rings', /\b(ring|circle|ripple|echo|bell|moon|clock|wheel|gear|spiral|record|tree|orbit)/i],
];

const horizons: readonly (readonly [Horizon, RegExp])[] = [
  ['sea', /\b(wave|sea|tide|water|river|ocean|shore|harbou?r|ship|boat|island|lake|salt|lighthouse)/i],
  ['skyline', /\b(city|street|tower|roof|town|neon|building|market|skyline|station|factory|window|brick)/i],
  ['forest', /\b(forest|tree|wood|leaf|leaves|pine|orchard|garden|fern|moss|branch)/i],
];

/** @returns rings when no motif names anything the player can draw */
export function patternOf(motifs: readonly string[]): Pattern {
  return firstMatch(motifs, patterns) ?? 'rings';
}

/** @returns hills when no motif names another horizon */
export function horizonOf(motifs: readonly string[]): Horizon {
  return firstMatch(motifs, horizons) ?? 'hills';
}

function firstMatch<T>(motifs: readonly string[], table: readonly (readonly [T, RegExp])[]): T | null {
  for (const motif of motifs) {
    const found = table.find(([, words]) => words.test(motif));
    if (found !== undefined) return found[0];
  }
  return null;
}
