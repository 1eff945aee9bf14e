/** Proper names of a premise: who, and where. A capital at the start of a sentence is no evidence by itself. */
import lexicon from './lexicon.json' with { type: 'json' };
import { isKnownNoun, people, places, type Reading, type Word } from './words.ts';

export interface ProperName {
  readonly kind: 'person' | 'place' | 'thing';
  /** As the premise spells it, with "the" where the premise always has it. */
  readonly name: string;
  readonly parts: readonly string[];
  readonly count: number;
  readonly sentence: number;
  /** For a place: the preposition of being there. */
  readonly at: string;
}

interface Mention {
  readonly parts: readonly string[];
  readonly start: number;
  readonly end: number;
}

const notNames = new Set(lexicon.notNames.map((word) => word.toLowerCase()));
const calendar = new Set(lexicon.calendar);
const titles = new Set(lexicon.titles);
const verbs = new Set(lexicon.verbsAfterNames);
const placeWords = new Set(lexicon.capitalPlaces);
const inside = new Set([
  'in',
  'at',
  'on',
  'across',
  'through',
  'outside',
  'beyond',
  'into',
  'around',
  'under',
  'above',
]);
const towards = new Set(['to', 'from', 'of', 'near', 'past', 'off', 'toward', 'towards']);

const isCapital = (word: Word | undefined) => word !== undefined && /^\p{Lu}.*\p{Ll}/u.test(word.text);
const bare = (text: string) => text.replace(/['’]s$/, '');

/** Every proper name once, in order of first mention; empty where capitals tell nothing. */
export function findProperNames(reading: Reading): ProperName[] {
  if (!reading.english || !reading.capitalsTell) return [];
  const mentions = findMentions(reading.words);
  const groups = groupMentions(mentions);
  const first = (group: readonly Mention[]) => Math.min(...group.map(({ start }) => start));
  return groups.sort((a, b) => first(a) - first(b)).flatMap((group) => describe(reading.words, group) ?? []);
}

function findMentions(words: readonly Word[]): Mention[] {
  const ordinary = new Set(words.filter((word) => word.text === word.lower).map((word) => word.lower));
  const mentions: Mention[] = [];
  for (let start = 0; start < words.length; start += 1) {
    const end = runEnd(words, start);
    if (end === start) continue;
    const first = firstOfName(words, start, end, ordinary);
    const last = words[end - 1];
    if (first < end && last)
      mentions.push({ parts: words.slice(first, end).map((word) => bare(word.text)), start: first, end });
    start = end - 1;
  }
  const sure = new Set(mentions.filter(({ start }) => !words[start]?.opens).flatMap(({ parts }) => parts));
  return mentions.filter((mention) => isEvident(words, mention, sure));
}

/** Past the last word of a run of capitals; a possessive ends it. */
function runEnd(words: readonly Word[], start: number): number {
  let end = start;
  while (isCapital(words[end]) && (end === start || (words[end]?.joined && !/['’]s$/.test(words[end - 1]?.text ?? ''))))
    end += 1;
  return end;
}

/** Skips what is capital only because it opens a sentence, or is a day, a month, a tongue. */
function firstOfName(words: readonly Word[], start: number, end: number, ordinary: ReadonlySet<string>): number {
  for (let first = start; first < end; first += 1) {
    const alone = first + 1 === end;
    if (!isMereCapital(words[first], alone, first > start, ordinary)) return first;
  }
  return end;
}

/** "Night" is no name, but it may begin one once an article has been passed over: "The Night Market". */
function isMereCapital(
  word: Word | undefined,
  alone: boolean,
  afterOpening: boolean,
  ordinary: ReadonlySet<string>,
): boolean {
  const lower = bare(word?.lower ?? '');
  if (calendar.has(lower)) return true;
  if (!alone && (afterOpening || titles.has(word?.text ?? ''))) return false;
  return notNames.has(lower) || ((word?.opens || afterOpening) && (ordinary.has(lower) || isKnownNoun(lower))) === true;
}

/** A single capital that opens a sentence is a name only when seen elsewhere, or when it acts or owns. */
function isEvident(words: readonly Word[], { parts, start, end }: Mention, sure: ReadonlySet<string>): boolean {
  if (!words[start]?.opens || parts.length > 1 || sure.has(parts[0] ?? '')) return true;
  const next = words[end];
  return /['’]s$/.test(words[end - 1]?.text ?? '') || (next?.joined === true && verbs.has(next.lower));
}

/** Puts "Ines" and "Corval" with "Ines Corval"; the longest form names the group. */
function groupMentions(mentions: readonly Mention[]): Mention[][] {
  const groups: Mention[][] = [];
  for (const mention of mentions.toSorted((a, b) => b.parts.length - a.parts.length)) {
    const group = groups.find(([longest]) => mention.parts.every((part) => longest?.parts.includes(part)));
    if (group) group.push(mention);
    else groups.push([mention]);
  }
  return groups;
}

function describe(words: readonly Word[], group: readonly Mention[]): ProperName | null {
  const [longest] = group;
  if (!longest) return null;
  const personal = sum(group, (mention) => personScore(words, mention));
  const local = sum(group, (mention) => placeScore(words, mention));
  const article = group.some(({ start }) => words[start]?.joined && words[start - 1]?.lower === 'the');
  const kind = article ? (local > 1 ? 'place' : 'thing') : personal >= local && personal > 0 ? 'person' : 'place';
  if (kind === 'place' && local < 2) return null;
  return {
    kind,
    name: `${article ? 'the ' : ''}${longest.parts.join(' ')}`,
    parts: longest.parts,
    count: group.length,
    sentence: Math.min(...group.map(({ start }) => words[start]?.sentence ?? 0)),
    at: prepositionFor(words, group),
  };
}

const sum = (group: readonly Mention[], score: (mention: Mention) => number) =>
  group.reduce((total, mention) => total + score(mention), 0);

function personScore(words: readonly Word[], { parts, start, end }: Mention): number {
  const before = words[start]?.joined ? (words[start - 1]?.lower ?? '') : '';
  const next = words[end];
  const acts = next?.joined === true && verbs.has(next.lower);
  const owns = /['’]s$/.test(words[end - 1]?.text ?? '');
  const named = (before === 'named' || before === 'called') && people.has(words[start - 2]?.lower ?? '');
  return (
    (titles.has(parts[0] ?? '') ? 2 : 0) +
    (acts ? 2 : 0) +
    (owns ? 1 : 0) +
    (people.has(before) || named ? 3 : 0) +
    apposition(words, end)
  );
}

/** "Tove, the baker": someone's trade follows the name. */
function apposition(words: readonly Word[], end: number): number {
  const [article, ...rest] = words.slice(end, end + 4);
  const introduces =
    article !== undefined && !article.joined && ['a', 'an', 'the', 'her', 'his', 'their'].includes(article.lower);
  return introduces && rest.some((word) => word.joined && people.has(word.lower)) ? 2 : 0;
}

function placeScore(words: readonly Word[], { parts, start }: Mention): number {
  const before = precedingWord(words, start);
  const named = parts.length > 1 && placeWords.has(parts.at(-1) ?? '') ? 3 : 0;
  const followed = places.has(parts.at(-1)?.toLowerCase() ?? '') && parts.length > 1 ? 1 : 0;
  const ofPlace = before === 'of' && places.has(words[start - 2]?.lower ?? '') ? 3 : 0;
  return named + followed + ofPlace + (inside.has(before) ? 2 : 0) + (towards.has(before) ? 1 : 0);
}

/** The word before the name, an article passed over. */
function precedingWord(words: readonly Word[], start: number): string {
  const at = words[start - 1]?.lower === 'the' ? start - 1 : start;
  return words[at]?.joined ? (words[at - 1]?.lower ?? '') : '';
}

/** As the premise has it, else as the noun before ("the village of Ostrey") or the name's own last word asks for it. */
function prepositionFor(words: readonly Word[], group: readonly Mention[]): string {
  const seen = group
    .map(({ start }) => precedingWord(words, start))
    .find((before) => ['in', 'at', 'on'].includes(before));
  const nouns = group.flatMap(({ start, parts }) => [words[start - 2]?.lower ?? '', parts.at(-1)?.toLowerCase() ?? '']);
  return seen ?? nouns.map((noun) => places.get(noun)).find((at) => at !== undefined) ?? 'at';
}
