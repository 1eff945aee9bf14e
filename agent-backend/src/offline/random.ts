/** Chance that always falls the same way: everything is drawn from a hash of text. */
import { createHash } from 'node:crypto';

/** A whole number from 0 to 2^32 - 1 that depends on every part, and on where one part ends and the next begins. */
export function seedOf(...parts: readonly string[]): number {
  return createHash('sha256').update(JSON.stringify(parts)).digest().readUInt32BE(0);
}

/** One of the items. @throws RangeError when there is none */
export function choose<T>(items: readonly T[], ...seed: readonly string[]): T {
  const item = items[seedOf(...seed) % items.length];
  if (item === undefined) throw new RangeError('There is nothing to choose from.');
  return item;
}

/** The items in an order of their own for each seed; drawing by index from it repeats nothing. */
export function shuffled<T>(items: readonly T[], ...seed: readonly string[]): T[] {
  return items
    .map((item, index) => ({ item, rank: seedOf(...seed, String(index)) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
