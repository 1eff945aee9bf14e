/** Puts a story's facts into the sentences of a plot. */
import type { Figure, Pronouns } from './premise/figures.ts';
import type { StoryFacts } from './storyFacts.ts';

const possessive: Record<Pronouns, string> = { she: 'her', he: 'his', they: 'their', it: 'its' };
const objective: Record<Pronouns, string> = { she: 'her', he: 'him', they: 'them', it: 'it' };

type SlotFacts = Pick<StoryFacts, 'hero' | 'other' | 'bystander' | 'place' | 'object' | 'secondObject'>;

/** The value of each slot. A plot that uses another one is a mistake that the plots' test finds. */
export function slotsOf(facts: SlotFacts): Record<string, string> {
  const { hero, other, bystander, place, object, secondObject } = facts;
  return {
    ...figureSlots('H', hero),
    ...figureSlots('C', other),
    ...(bystander ? figureSlots('F', bystander) : {}),
    P: place.name,
    'P.to': `to ${place.name}`,
    'P.at': `${place.at} ${place.name}`,
    O: object,
    O2: secondObject,
  };
}

function figureSlots(letter: 'H' | 'C' | 'F', figure: Figure): Record<string, string> {
  const known = figure.short.startsWith('the ') ? `the ${figure.name.slice(4)}` : figure.name;
  return {
    [letter]: figure.short,
    [`${letter}.full`]: known,
    [`${letter}.intro`]: figure.role ? `${known}, ${figure.role}` : known,
    [`${letter}.their`]: possessive[figure.pronouns],
    [`${letter}.them`]: objective[figure.pronouns],
  };
}

const slot = /\{([A-Za-z0-9.]+)\}/g;
/** What stands before a slot that opens a sentence: nothing, the end of another, or a slot whose value is whole sentences. */
const sentenceStart = /(?:^|[.!?…]["”’']?\s+|\{(?:Q|arrive|detail|touch|end)\}\s+)["“]?$/;

/**
 * Fills the slots, each once: braces inside a value stay text. A value that opens a sentence gets a capital.
 * @throws RangeError for a slot without a value
 */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(slot, (whole, name: string, offset: number) => {
    const value = values[name];
    if (value === undefined) throw new RangeError(`The slot ${whole} has no value.`);
    return sentenceStart.test(template.slice(0, offset)) ? capitalised(value) : value;
  });
}

/** With a capital first letter, where the letter has one. */
export function capitalised(text: string): string {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 32);
  return first.toLocaleUpperCase('en') + text.slice(first.length);
}
