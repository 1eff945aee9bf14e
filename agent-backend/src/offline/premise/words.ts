/** A premise as words with their surroundings. */
import lexicon from './lexicon.json' with { type: 'json' };
import { sentencesOf } from './text.ts';

export interface Word {
  readonly text: string;
  readonly lower: string;
  /** Index of its sentence. */
  readonly sentence: number;
  /** True when only blanks stand between this word and the one before it, in the same sentence. */
  readonly joined: boolean;
  /** True at the start of a sentence or of something quoted, where a capital says nothing. */
  readonly opens: boolean;
}

const wordPattern = /[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu;

function wordsOf(sentences: readonly string[]): Word[] {
  return sentences.flatMap((sentence, index) => wordsOfSentence(sentence, index));
}

function wordsOfSentence(sentence: string, index: number): Word[] {
  let end = 0;
  return [...sentence.matchAll(wordPattern)].map((match, position) => {
    const gap = sentence.slice(end, match.index);
    end = match.index + match[0].length;
    const joined = position > 0 && /^(\s+|\.\s)$/.test(gap);
    const opens = position === 0 || /["“‘«(:—–]\s*$/u.test(gap);
    return { text: match[0], lower: match[0].toLowerCase().replaceAll('’', "'"), sentence: index, joined, opens };
  });
}

const commonEnglish = new Set(
  'the a an of and to in is was were are it he she they his her their that with for on at by from as but not who has have had be i my you your we our when where which will'.split(
    ' ',
  ),
);
/** Below this share of the commonest English words, a text is taken for another language, and is quoted, not read. */
const englishShare = 0.12;

export interface Reading {
  readonly sentences: readonly string[];
  readonly words: readonly Word[];
  readonly english: boolean;
  /** Whether a capital letter says that a word is a name: not in a text that is all capitals, or all title case. */
  readonly capitalsTell: boolean;
}

/** @param text a cleaned premise */
export function readText(text: string): Reading {
  const whole = shouting(text) ? text.toLowerCase() : text;
  const sentences = sentencesOf(text);
  const words = wordsOf(sentencesOf(whole));
  const common = words.filter((word) => commonEnglish.has(word.lower)).length;
  const inside = words.filter((word) => !word.opens);
  const capitals = inside.filter((word) => /^\p{Lu}/u.test(word.text)).length;
  const known = words.some((word) => isKnownNoun(word.lower));
  return {
    sentences,
    words,
    english: common / Math.max(1, words.length) >= englishShare || (words.length < 6 && known),
    capitalsTell: !shouting(text) && capitals <= inside.length * 0.45,
  };
}

function shouting(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? [];
  return letters.length > 12 && letters.filter((letter) => /\p{Lu}/u.test(letter)).length > letters.length * 0.7;
}

export const people: ReadonlySet<string> = new Set(lexicon.people);
export const creatures: ReadonlySet<string> = new Set(lexicon.creatures);
export const objects: ReadonlySet<string> = new Set(lexicon.objects);
/** Common places, with the preposition for being there. */
export const places: ReadonlyMap<string, string> = new Map(
  Object.entries(lexicon.places).flatMap(([at, nouns]) => nouns.map((noun): [string, string] => [noun, at])),
);

export function isKnownNoun(word: string): boolean {
  return people.has(word) || creatures.has(word) || objects.has(word) || places.has(word);
}
