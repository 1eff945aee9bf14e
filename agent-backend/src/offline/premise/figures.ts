/** The people and beasts of a premise: what they are called, what they are, and whom a story can set against whom. */
import lexicon from './lexicon.json' with { type: 'json' };
import type { NounPhrase } from './nounPhrases.ts';
import type { ProperName } from './properNames.ts';
import { byWeight } from './weight.ts';
import { people, type Reading, type Word } from './words.ts';

export type Pronouns = 'she' | 'he' | 'they' | 'it';

/** Someone of the premise. */
export interface Figure {
  /** As the cast names them: "Ines Corval", "The fox". */
  readonly name: string;
  /** As the narration does: "Ines", "the fox". */
  readonly short: string;
  /** With its article, where the premise says what they are. */
  readonly role: string | null;
  readonly pronouns: Pronouns;
}

const titles = new Set(lexicon.titles);
const female = new Set([...lexicon.female, ...lexicon.femaleTitles.map((title) => title.toLowerCase())]);
const male = new Set([...lexicon.male, ...lexicon.maleTitles.map((title) => title.toLowerCase())]);
const kin = new Set(lexicon.kin);
const plain = new Set(lexicon.plainNouns);
const bare = (word: Word | undefined) => (word?.text ?? '').replace(/['’]s$/, '');

export interface Figures {
  /** The one the premise is most about comes first. */
  readonly figures: readonly Figure[];
  /** Someone of standing, whom a story can set against the first, and who surely is not the first by another name. */
  readonly companion: Figure | null;
  /** The others who have names and can be met. */
  readonly present: readonly Figure[];
}

export function findFigures({ words }: Reading, names: readonly ProperName[], phrases: readonly NounPhrase[]): Figures {
  const named = byWeight(names.filter(({ kind }) => kind === 'person')).map((name) => namedFigure(words, name));
  const roles = named.map((figure) => figure.role ?? '').join(' ');
  const persons = byWeight(phrases.filter(({ kind, noun }) => kind === 'person' && !roles.includes(noun)));
  const beasts = byWeight(phrases.filter(({ kind }) => kind === 'creature'));
  const figures = [...named, ...[...persons, ...beasts].map((phrase) => unnamedFigure(words, phrase))];
  const [first] = figures;
  const isPresent = presence(words);
  const present = named.filter((figure) => figure !== first && isPresent(figure));
  const trades = persons.filter(({ noun }) => !kin.has(noun) && !plain.has(noun)).map(({ noun }) => `the ${noun}`);
  const unnamed = figures.filter((figure) => figure !== first && trades.includes(figure.short) && isPresent(figure));
  return { figures, present, companion: first ? companionOf(words, first, present, unnamed) : null };
}

/** Whoever is named beside a word of loss may be dead or gone, and is not brought on. */
function presence(words: readonly Word[]): (figure: Figure) => boolean {
  const lost = new Set(words.filter((word) => lexicon.lossWords.includes(word.lower)).map((word) => word.sentence));
  return (figure) => !sentencesWith(words, figure).some((sentence) => lost.has(sentence));
}

/**
 * Someone with a trade or a title. A bare role ("the keeper") may be the first figure's own, so it counts only where both
 * stand in one sentence.
 */
function companionOf(
  words: readonly Word[],
  first: Figure,
  present: readonly Figure[],
  unnamed: readonly Figure[],
): Figure | null {
  const own = sentencesWith(words, first);
  const titled = (figure: Figure) => titles.has(figure.name.split(' ')[0] ?? '');
  const shares = (figure: Figure) => sentencesWith(words, figure).some((sentence) => own.includes(sentence));
  return present.find((figure) => figure.role !== null || titled(figure)) ?? unnamed.find(shares) ?? null;
}

function sentencesWith(words: readonly Word[], { short }: Figure): number[] {
  const last = short.split(' ').at(-1);
  return words.filter((word) => bare(word) === last).map((word) => word.sentence);
}

function namedFigure(words: readonly Word[], { parts }: ProperName): Figure {
  const own = parts.filter((part) => !titles.has(part));
  const isName = (word: Word | undefined) => own.includes(bare(word));
  const mentions = words.flatMap((word, index) => (isName(word) ? [index] : []));
  const role = roleOf(words, mentions, isName);
  const short = own.length > 1 || own.length === parts.length ? (own[0] ?? '') : parts.join(' ');
  return { name: parts.join(' '), short, role, pronouns: genderOf(words, mentions, parts, role) };
}

/** What settles it: a title, a trade, or kin named right before ("her nephew Davit"); else the pronouns that follow. */
function genderOf(
  words: readonly Word[],
  mentions: readonly number[],
  parts: readonly string[],
  role: string | null,
): Pronouns {
  const before = mentions.map((index) => (words[index]?.joined ? (words[index - 1]?.lower ?? '') : ''));
  const telling = [parts[0]?.toLowerCase() ?? '', role?.split(' ').at(-1) ?? '', ...before];
  if (telling.some((word) => female.has(word))) return 'she';
  if (telling.some((word) => male.has(word))) return 'he';
  return pronounsAfter(words, mentions) ?? 'they';
}

function unnamedFigure(words: readonly Word[], { name, noun, kind }: NounPhrase): Figure {
  const figure = { name: `T${name.slice(1)}`, short: `the ${noun}`, role: null };
  if (female.has(noun)) return { ...figure, pronouns: 'she' };
  if (male.has(noun)) return { ...figure, pronouns: 'he' };
  const mentions = words.flatMap((word, index) => (word.lower === noun ? [index] : []));
  return { ...figure, pronouns: pronounsAfter(words, mentions) ?? (kind === 'creature' ? 'it' : 'they') };
}

/** The first subject pronoun within a sentence of each mention; possessives only where there is none. */
function pronounsAfter(words: readonly Word[], mentions: readonly number[]): 'she' | 'he' | null {
  const tally = { she: 0, he: 0 };
  for (const index of mentions) {
    const last = (words[index]?.sentence ?? 0) + 1;
    const following = words.slice(index + 1, index + 25).filter((word) => word.sentence <= last);
    const subject = following.find((word) => ['she', 'he'].includes(word.lower));
    const owner = following.find((word) => ['her', 'his'].includes(word.lower));
    const pronoun = (subject ?? owner)?.lower;
    if (pronoun) tally[pronoun === 'she' || pronoun === 'her' ? 'she' : 'he'] += subject ? 2 : 1;
  }
  if (tally.she === tally.he) return null;
  return tally.she > tally.he ? 'she' : 'he';
}

/** "Ines, a lighthouse keeper", "Tove is the baker", "the navigation officer, Suda": the trade that stands by a name. */
function roleOf(
  words: readonly Word[],
  mentions: readonly number[],
  isName: (word: Word | undefined) => boolean,
): string | null {
  for (const index of mentions) {
    const role = (isName(words[index + 1]) ? null : roleAfter(words, index + 1)) ?? roleBefore(words, index - 1);
    if (role) return role;
  }
  return null;
}

function roleAfter(words: readonly Word[], start: number): string | null {
  const verb = words[start]?.joined && ['is', 'was'].includes(words[start]?.lower ?? '');
  if (!verb && words[start]?.joined) return null;
  return tradeFrom(words, verb ? start + 1 : start, 4);
}

/** Passes over a title, then looks back past a comma for "the … officer". */
function roleBefore(words: readonly Word[], end: number): string | null {
  const last = titles.has(words[end]?.text ?? '') ? end - 1 : end;
  if (
    !people.has(words[last]?.lower ?? '') ||
    words[last + 1]?.joined ||
    words[last]?.sentence !== words[end]?.sentence
  )
    return null;
  for (let start = last - 1; start >= last - 2 && words[start + 1]?.joined; start -= 1) {
    const trade = tradeFrom(words, start, last - start);
    if (trade) return trade;
  }
  return null;
}

/** An article and the trade it belongs to, at most `reach` words on; kin is no trade. */
function tradeFrom(words: readonly Word[], start: number, reach: number): string | null {
  const article = words[start]?.lower ?? '';
  if (!['a', 'an', 'the'].includes(article)) return null;
  const rest = words.slice(start + 1, start + 1 + reach);
  const broken = rest.findIndex((word) => !word.joined);
  const phrase = broken < 0 ? rest : rest.slice(0, broken);
  const end = phrase.findLastIndex((word) => people.has(word.lower) && !kin.has(word.lower));
  return end < 0 ? null : [article, ...phrase.slice(0, end + 1).map((word) => word.lower)].join(' ');
}
