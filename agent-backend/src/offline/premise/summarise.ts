/** A premise in its own words, short enough for a constitution. */
import { findNounPhrases } from './nounPhrases.ts';
import { findProperNames } from './properNames.ts';
import { clip, sentencesOf } from './text.ts';
import { readText } from './words.ts';

/** A little below the constitution's limit of 1200. */
const longest = 1150;
/** A book sent as a premise is read this far: enough to find what it is about. */
const readAtMost = 20_000;
const longestSentence = 320;

/** Words that lean on the sentence before. */
const leaning = new Set(
  'he she it they his her its their this that these those but and so then there here yet instead both neither'.split(
    ' ',
  ),
);

interface Candidate {
  readonly sentence: string;
  readonly index: number;
  readonly worth: number;
  readonly leans: boolean;
}

/**
 * Whole where it fits; else the first two sentences and those that bring in the most names and things, in their order. A
 * sentence that leans on the one before is worth little without it.
 * @param text a cleaned premise
 */
export function summarise(text: string): string {
  if (text.length <= longest) return text;
  const sentences = sentencesOf(clip(text, readAtMost)).map((sentence) => clip(sentence, longestSentence));
  const kept = choose(sentences.map(candidateOf));
  return kept
    .toSorted((a, b) => a.index - b.index)
    .map(({ sentence }) => sentence)
    .join(' ');
}

function choose(candidates: readonly Candidate[]): Candidate[] {
  const kept: Candidate[] = [];
  for (let room = longest; ; ) {
    const left = candidates.filter((one) => !kept.includes(one) && one.sentence.length < room);
    const [best, ...others] = left;
    if (!best) return kept;
    const next = others.reduce((top, one) => (worthNow(one, kept) > worthNow(top, kept) ? one : top), best);
    room -= next.sentence.length + 1;
    kept.push(next);
  }
}

function worthNow({ worth, leans, index }: Candidate, kept: readonly Candidate[]): number {
  if (!leans) return worth;
  return worth + (kept.some((one) => one.index === index - 1) ? 2 : -2);
}

/** The opening always counts; of the rest, what names most in a length that can be quoted. */
function candidateOf(sentence: string, index: number): Candidate {
  const reading = readText(sentence);
  const named = findProperNames(reading).length * 2 + findNounPhrases(reading.words).length;
  const quotable = sentence.length >= 40 && sentence.length <= 190 ? 2 : 0;
  const worth = index < 2 ? 100 - index : named + quotable - index / 100;
  return { sentence, index, worth, leans: leaning.has(reading.words[0]?.lower ?? '') };
}
