/** Common nouns of a premise that a story can use: "her grandmother's brass key" is found as "the brass key". */
import lexicon from './lexicon.json' with { type: 'json' };
import { creatures, isKnownNoun, objects, people, places, type Word } from './words.ts';

export interface NounPhrase {
  readonly kind: 'person' | 'creature' | 'place' | 'object';
  readonly noun: string;
  /** With its article, ready for the middle of a sentence. */
  readonly name: string;
  readonly count: number;
  readonly sentence: number;
}

const determiners = new Set(lexicon.determiners);
const stops = new Set(lexicon.modifierStops);
/** "No ship", "every sailor": nobody in particular. */
const nobody = new Set(['no', 'any', 'every', 'each']);
const possessives = new Set(['his', 'her', 'its', 'their', 'my', 'our', 'your']);
const kin = new Set(lexicon.kin);
/** Someone or something that these describe is not there to be met. */
const absent = new Set(lexicon.absentModifiers);
/** Words that only make sense where they stood. */
const relative = new Set([
  'other',
  'same',
  'last',
  'first',
  'next',
  'only',
  'own',
  'second',
  'third',
  'new',
  'next',
  'two',
]);
/** "Like a thief", "as a baker", "is a baker": no second person. */
const comparing = new Set(['like', 'as', 'is', 'was', 'be', 'become', 'becomes', 'became']);

function kindOf(noun: string): NounPhrase['kind'] | null {
  if (people.has(noun)) return 'person';
  if (creatures.has(noun)) return 'creature';
  if (places.has(noun)) return 'place';
  return objects.has(noun) ? 'object' : null;
}

/** Answers each noun once, in order of first mention, with how often it is mentioned. */
export function findNounPhrases(words: readonly Word[]): NounPhrase[] {
  const found = new Map<string, NounPhrase>();
  words.forEach((word, index) => {
    const kind = kindOf(word.lower);
    if (!kind || !/^\p{Ll}/u.test(word.text) || isFollowedByHead(words, index)) return;
    const name = phraseAt(words, index, kind);
    const earlier = found.get(word.lower);
    if (earlier) found.set(word.lower, { ...earlier, count: earlier.count + 1 });
    else if (name) found.set(word.lower, { kind, noun: word.lower, name, count: 1, sentence: word.sentence });
  });
  return [...found.values()];
}

/** In "lighthouse keeper" the keeper is meant. */
function isFollowedByHead(words: readonly Word[], index: number): boolean {
  const next = words[index + 1];
  return next?.joined === true && (isKnownNoun(next.lower) || lexicon.headNouns.includes(next.lower));
}

/** The phrase from its determiner to the noun; null when the word stands without one, or names nobody in particular. */
function phraseAt(words: readonly Word[], index: number, kind: NounPhrase['kind']): string | null {
  const noun = words[index];
  if (!noun) return null;
  const start = determinerBefore(words, index);
  const determiner = words[start]?.lower;
  if (determiner === undefined) return words.length <= 3 ? `the ${noun.lower}` : null;
  const before = words[start]?.joined ? (words[start - 1]?.lower ?? '') : '';
  const modifiers = words.slice(start + 1, index).map((word) => word.lower);
  if (nobody.has(determiner) || modifiers.some((modifier) => absent.has(modifier))) return null;
  if (kind === 'person' && (comparing.has(before) || (possessives.has(determiner) && kin.has(noun.lower)))) return null;
  const kept = modifiers.some((modifier) => relative.has(modifier)) ? [] : modifiers;
  return ['the', ...kept, noun.lower].join(' ');
}

/** Index of the determiner at most two plain words before the noun, or -1. */
function determinerBefore(words: readonly Word[], index: number): number {
  for (let at = index; at > index - 3 && at > 0; at -= 1) {
    const previous = words[at - 1];
    if (!previous || !words[at]?.joined) return -1;
    if (determiners.has(previous.lower) || /'s$/.test(previous.lower)) return at - 1;
    if (stops.has(previous.lower) || !/^\p{Ll}+(-\p{Ll}+)?$/u.test(previous.text)) return -1;
  }
  return -1;
}
