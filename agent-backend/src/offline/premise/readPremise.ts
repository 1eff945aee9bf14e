/** What a premise offers a story: who, where, with what, and in which mood. */
import moods from '../moods.json' with { type: 'json' };
import settings from '../settings.json' with { type: 'json' };
import { type Figures, findFigures } from './figures.ts';
import lexicon from './lexicon.json' with { type: 'json' };
import { findNounPhrases, type NounPhrase } from './nounPhrases.ts';
import { findProperNames, type ProperName } from './properNames.ts';
import { byWeight } from './weight.ts';
import { places, readText, type Word } from './words.ts';

type MoodName = keyof typeof moods;
type SettingName = keyof typeof settings;
export interface Place {
  /** With its article, if it takes one. */
  readonly name: string;
  /** The preposition of being there: in, on or at. */
  readonly at: string;
}

export interface PremiseFacts extends Figures {
  readonly sentences: readonly string[];
  readonly places: readonly Place[];
  readonly objects: readonly string[];
  readonly mood: MoodName;
  readonly setting: SettingName;
}

/** Too common to carry a story while there is anything else. */
const plain = new Set(lexicon.plainNouns);
/** Names and phrases longer than this do not fit into a choice's label. */
const longestName = 36;

/** @param text a premise as `cleanText` gives it */
export function readPremise(text: string): PremiseFacts {
  const reading = readText(text);
  const names = findProperNames(reading).filter(({ name }) => name.length <= longestName);
  const phrases = reading.english
    ? findNounPhrases(reading.words).filter(({ name }) => name.length <= longestName)
    : [];
  return {
    sentences: reading.sentences,
    ...findFigures(reading, names, phrases),
    places: findPlaces(names, phrases),
    objects: findObjects(names, phrases),
    mood: bestMatch(moods, reading.words, 'wistful'),
    setting: bestMatch(settings, reading.words, 'anywhere'),
  };
}

function findPlaces(names: readonly ProperName[], phrases: readonly NounPhrase[]): Place[] {
  const named = names.filter(({ kind }) => kind === 'place');
  const common = phrases
    .filter(({ kind }) => kind === 'place')
    .map((phrase) => ({ ...phrase, at: places.get(phrase.noun) ?? 'at', plain: plain.has(phrase.noun) }));
  const all = [
    ...named.map((name) => ({ ...name, plain: false, proper: true })),
    ...common.map((phrase) => ({ ...phrase, proper: false })),
  ];
  return byWeight(all, (place) => (place.proper ? 1 : 0) - (place.plain ? 2 : 0)).map(({ name, at }) => ({ name, at }));
}

function findObjects(names: readonly ProperName[], phrases: readonly NounPhrase[]): string[] {
  const common = phrases.filter(({ kind }) => kind === 'object');
  const sorted = byWeight(
    common,
    ({ noun, name }) => (plain.has(noun) ? -2 : 0) + (name.split(' ').length > 2 ? 1 : 0),
  ).map(({ name }) => name);
  return [...sorted, ...names.filter(({ kind }) => kind === 'thing').map(({ name }) => name)];
}

/** The entry whose vocabulary the text uses most; of two, the first. */
function bestMatch<Name extends string>(
  entries: Readonly<Record<Name, { readonly words: readonly string[] }>>,
  words: readonly Word[],
  otherwise: Name,
): Name {
  const names = Object.keys(entries) as Name[];
  const scores = names.map((name) => {
    const vocabulary = new Set(entries[name].words);
    return words.filter((word) => vocabulary.has(word.lower) || vocabulary.has(word.lower.replace(/e?s$/, ''))).length;
  });
  const best = Math.max(...scores);
  return best === 0 ? otherwise : (names[scores.indexOf(best)] ?? otherwise);
}
