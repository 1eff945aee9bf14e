import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkOutline } from '../documents/checkOutline.ts';
import { contrast, readableContrast } from '../documents/contrast.ts';
import type { Constitution } from '../documents/documents.ts';
import moods from './moods.json' with { type: 'json' };
import { plots } from './plots/plots.ts';
import { choose, seedOf } from './random.ts';
import { paragraphsOf, type ToldStory, tellFrom, tellStory } from './testing/tellStory.ts';

const examples = new URL('../../../examples/', import.meta.url);
const exampleTexts = readdirSync(examples)
  .filter((name) => name.endsWith('.txt'))
  .map((name): [string, string] => [name, readFileSync(new URL(name, examples), 'utf8')]);

const awkward: [string, string][] = [
  ['two words', 'a fox'],
  ['one letter', 'x'],
  ['no names', 'somebody finds something and has to give it back'],
  ['German', 'Ein alter Mann findet im Wald einen Brief, der an ihn selbst gerichtet ist. Er öffnet ihn nicht.'],
  ['Japanese', '灯台守の娘は毎晩三時に海からの返事を待っている。ある夜、返事は来なかった。'],
  ['Arabic', 'حارس المنارة ينتظر جوابا من البحر كل ليلة.'],
  ['emojis', '🦊🌊🔦👨‍👩‍👧‍👦'],
  ['all capitals', 'A LIGHTHOUSE KEEPER FINDS A SHIP WITH NO CREW AND A LETTER WITH HER OWN NAME ON IT'],
  [
    '50,000 characters',
    'The keeper of the tower met Mara Venn on the stairs and said nothing at all. '.repeat(650).slice(0, 50_000),
  ],
  ['50,000 characters without a stop', 'wort '.repeat(10_000)],
  ['50,000 letters without a blank', 'z'.repeat(50_000)],
  ['markup', '<script>alert("1")</script> <b>{H} {{premise}} $1 $& \\1</b>'],
  ['broken surrogates and control characters', 'a\uD800b\u0000c\u0007 \uDC00'],
  ['white space', ' \n\t\u00a0 \n\n '],
  ['lines', 'One line\nand a broken one\n\nA heading\n\n- a list\n- of things'],
  ['quotes', '"Never," said Tom, "open the \'red\' door." “So,” said Ann.'],
];

const fragments = [
  'Mara Venn',
  'the old lighthouse',
  'a brass key',
  'is',
  'was',
  'finds',
  '.',
  ',',
  '\n\n',
  '"',
  '“',
  '🦊',
  'der Wald',
  'NEVER',
  'Dr. Hale',
  'her sister',
  'in Vienna',
  '—',
  '?!',
  "the keeper's",
  '1,000',
  'über',
  '夜',
  'a',
  'The Night Market',
  'I',
  'you',
  "can't",
  '…',
  'her',
  '{C}',
];
const randomPrompt = (seed: number) =>
  Array.from({ length: 1 + (seedOf('length', String(seed)) % 120) }, (_, at) =>
    choose(fragments, String(seed), String(at)),
  ).join(' ');

/** Every string that a reader could see. */
function everyString(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(everyString) : [];
}

function expectSound(story: ToldStory): void {
  expect(checkOutline(story.outline, story.constitution)).toEqual([]);
  const paragraphs = paragraphsOf(story);
  expect(new Set(paragraphs).size).toBe(paragraphs.length);
  for (const text of everyString(story)) expect(text.isWellFormed()).toBe(true);
}

describe('the offline storyteller', () => {
  test.each([...exampleTexts, ...awkward])('tells a sound story from %s, in each of its revisions', (_, prompt) => {
    for (const revision of [0, 1, 2]) expectSound(tellStory(prompt, 'A story', revision));
  });

  test('tells a sound story from 60 random prompts', { timeout: 60_000 }, () => {
    for (let seed = 0; seed < 60; seed += 1) expectSound(tellStory(randomPrompt(seed), `Story ${seed}`, seed % 5));
  });

  test('keeps an awkward title as it is, and within its limit', () => {
    expect(tellStory('a fox', '<script>').constitution.title).toBe('<script>');
    expect(tellStory('a fox', '  \n ').constitution.title).toBe('Untitled');
    expect(tellStory('a fox', 'word '.repeat(40)).constitution.title.length).toBeLessThanOrEqual(120);
  });

  test('tells the same story twice', () => {
    expect(tellStory('A baker inherits a lighthouse.')).toEqual(tellStory('A baker inherits a lighthouse.'));
  });

  test('reads differently in another revision, and the same in the same one', () => {
    const themes = [0, 1, 2].map((revision) => tellStory('a fox', 'Fox', revision).constitution.theme);
    expect(new Set(themes).size).toBe(3);
    expect(tellStory('a fox', 'Fox', 4)).toEqual(tellStory('a fox', 'Fox', 4));
    expect(tellStory('a fox', 'Fox', 3).constitution).not.toEqual(tellStory('a fox', 'Fox', 0).constitution);
  });
});

describe('a story made of an example', () => {
  test.each(exampleTexts)(
    '%s has 9 to 13 scenelets, three endings, and two or three choices elsewhere',
    (_, prompt) => {
      const { outline, constitution } = tellStory(prompt);
      expect(outline.nodes.length).toBeGreaterThanOrEqual(9);
      expect(outline.nodes.length).toBeLessThanOrEqual(13);
      expect(constitution.endings).toHaveLength(3);
    },
  );

  test.each(exampleTexts)('%s is quoted in its opening, and in half of its scenelets', (_, prompt) => {
    const flat = prompt.replaceAll(/\s+/g, ' ');
    const story = tellStory(prompt);
    const quotesPrompt = (paragraph: string) => {
      const [, quote] = /“([^”]{12,40})/.exec(paragraph) ?? [];
      return quote !== undefined && flat.includes(quote);
    };
    expect(story.scenelets[0]?.text.narration.some(quotesPrompt)).toBe(true);
    const quoting = story.scenelets.filter(({ text }) => text.narration.some(quotesPrompt));
    expect(quoting.length).toBeGreaterThanOrEqual(story.scenelets.length / 2);
  });

  test.each([...exampleTexts, ...awkward.slice(0, 9)])('%s has no slip of grammar that templates make', (_, prompt) => {
    for (const revision of [0, 1, 2]) {
      const told = paragraphsOf(tellStory(prompt, 'A story', revision)).map((paragraph) =>
        paragraph.replaceAll(/“[^”]*”/g, ''),
      );
      for (const text of told) {
        expect(text).not.toMatch(/\b(the the|a the|an the|the a)\b/i);
        expect(text).not.toMatch(/[{}]|undefined| {2}| [,.;:]/);
        expect(text).not.toMatch(/[.!?] [a-z]/);
      }
    }
  });
});

describe('a constitution that somebody else wrote', () => {
  const foreign = (endings: number): Constitution => ({
    title: 'Low Water',
    premise: 'Tove Lind dives for a bell that the harbour sold.',
    theme: 'Who owns what was drowned?',
    tone: 'plain',
    worldRules: ['The bell rings at low water.', 'Nobody dives twice.'],
    cast: [{ key: 'tove', name: 'Tove Lind', role: 'diver', want: 'the bell', voice: 'short' }],
    arc: ['Down', 'Below', 'Up'].map((name) => ({ name, summary: `${name}, and what it costs.` })),
    endings: Array.from({ length: endings }, (_, at) => ({
      key: `end-${at}`,
      title: `End ${at}`,
      summary: `It ends, way ${at}.`,
    })),
  });
  test.each([2, 3, 4])('with %i endings is told in its own words', (endings) => {
    const story = tellFrom(foreign(endings));
    expectSound(story);
    expect(story.outline.nodes.length).toBeGreaterThanOrEqual(9);
    expect(paragraphsOf(story)).toContain('It ends, way 1.');
  });
});

describe('the plots and palettes', () => {
  test('have keys of their own, an echo for every scenelet that can carry one, and enough last images', () => {
    const keys = plots.flatMap(({ beats }) => beats.map(({ key }) => key));
    expect(new Set(keys).size).toBe(keys.length);
    for (const { beats, echoes } of plots)
      expect(echoes.length).toBeGreaterThanOrEqual(beats.filter(({ ending }) => !ending).length);
  });

  test('repeat no paragraph, in any of its tellings', () => {
    const paragraphs = plots.flatMap(({ beats, echoes }) => [
      ...echoes,
      ...beats.flatMap((beat) => [
        ...(beat.opening ?? []),
        ...beat.paragraphs.flat(),
        ...(beat.bystander ? [beat.bystander] : []),
      ]),
    ]);
    expect(new Set(paragraphs).size).toBe(paragraphs.length);
  });

  test.each(Object.entries(moods))('are readable in the mood %s', (_, { palettes }) => {
    for (const { background, surface, text, accent, muted } of palettes) {
      for (const [ink, ground] of [
        [text, background],
        [text, surface],
        [accent, background],
        [muted, background],
      ] as const) {
        expect(contrast(ink, ground)).toBeGreaterThanOrEqual(readableContrast);
      }
    }
  });
});
