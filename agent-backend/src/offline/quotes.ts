/** The premise's own words inside the story. */
import { capitalised } from './fillTemplate.ts';
import { clip, quoted } from './premise/text.ts';
import type { StoryFacts } from './storyFacts.ts';

const longestOpening = 420;
const longestEcho = 220;
/** Below this, a sentence says little out of its place. */
const shortest = 60;

/** How many sentences of the premise the opening quotes: at least one, and two when they are short. */
function openingLength({ sentences }: Pick<StoryFacts, 'sentences'>): number {
  const [first = '', second] = sentences;
  return second !== undefined && first.length + second.length < longestOpening ? 2 : 1;
}

/** The first words of the premise. */
export function openingQuote(facts: Pick<StoryFacts, 'sentences'>): string {
  return quoted(capitalised(clip(facts.sentences.slice(0, openingLength(facts)).join(' '), longestOpening)));
}

/** Sentences that can stand alone: a short one joins the one before it. */
function quotable(sentences: readonly string[]): string[] {
  const units: string[] = [];
  for (const sentence of sentences) {
    const before = units.at(-1);
    const joins = sentence.length < shortest && before !== undefined && before.length + sentence.length < longestEcho;
    if (joins) units[units.length - 1] = `${before} ${sentence}`;
    else units.push(sentence);
  }
  return units.filter((unit) => unit.length >= 12);
}

/** Where a scenelet stands among those that can carry an echo. */
export interface EchoPlace {
  /** Choices taken before it, by the shortest way. */
  readonly depth: number;
  /** The deepest that carries an echo. */
  readonly depths: number;
  /** Its place among the scenelets of its depth. */
  readonly rank: number;
}

/**
 * A later sentence of the premise for one scenelet. Each depth has a stretch of the premise to itself, so that the
 * sentences come in their order, and no way through the story hears one twice.
 * @returns null when the premise has no more to say here
 */
export function echoFor(facts: Pick<StoryFacts, 'sentences'>, { depth, depths, rank }: EchoPlace): string | null {
  const rest = quotable(facts.sentences.slice(openingLength(facts)));
  if (depth === 0) return null;
  const stretch = rest.slice(
    Math.floor(((depth - 1) * rest.length) / depths),
    Math.floor((depth * rest.length) / depths),
  );
  const sentence = stretch[rank % Math.max(1, stretch.length)];
  return sentence === undefined ? null : quoted(clip(sentence, longestEcho));
}
