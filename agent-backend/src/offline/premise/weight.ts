/** How much a premise is about something: mentions count, and so does standing near the beginning. */
interface Weighed {
  readonly count: number;
  /** Index of the sentence of its first mention. */
  readonly sentence: number;
}

function weightOf({ count, sentence }: Weighed): number {
  return count + (sentence === 0 ? 2.5 : sentence === 1 ? 1 : 0);
}

/** The weightiest first; `extra` is added to an item's weight. */
export function byWeight<T extends Weighed>(items: readonly T[], extra: (item: T) => number = () => 0): T[] {
  return items.toSorted((a, b) => weightOf(b) + extra(b) - (weightOf(a) + extra(a)));
}
