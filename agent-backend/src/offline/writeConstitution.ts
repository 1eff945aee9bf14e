/** The constitution, from the prompt alone. */
import type { Constitution } from '../documents/documents.ts';
import type { StepInputs } from '../llm/gateway.ts';
import { fillTemplate, slotsOf } from './fillTemplate.ts';
import moods from './moods.json' with { type: 'json' };
import { type Plot, plots } from './plots/plots.ts';
import type { Figure } from './premise/figures.ts';
import { readPremise } from './premise/readPremise.ts';
import { summarise } from './premise/summarise.ts';
import { cleanText, clip } from './premise/text.ts';
import { seedOf, shuffled } from './random.ts';
import { castFor, storyFacts } from './storyFacts.ts';

/** Each revision takes the next plot, so a regenerated constitution asks another question of the same premise. */
export function writeConstitution({ displayName, initialPrompt, revision }: StepInputs['constitution']): Constitution {
  const title = clip(cleanText(displayName), 120) || 'Untitled';
  const premise = summarise(cleanText(initialPrompt)) || title;
  const seed = JSON.stringify([title, premise, String(revision)]);
  const plot = plots[(seedOf(title, premise) + revision) % plots.length] ?? plots[0];
  if (!plot) throw new RangeError('The offline storyteller knows no plot.');
  const facts = readPremise(premise);
  const { hero, other } = castFor(facts, seed);
  const bystander = facts.present.find((figure) => figure.name !== hero.name && figure.name !== other.name);
  const cast = castList(plot, hero, other, bystander);
  return withFacts({
    title,
    premise,
    theme: plot.theme,
    tone: moods[facts.mood].tone,
    worldRules: shuffled(plot.worldRules, seed, 'rules').slice(0, 3),
    cast,
    arc: plot.arc.map((part) => ({ ...part })),
    endings: plot.endings.map((ending) => ({ ...ending })),
  });
}

function castList(plot: Plot, hero: Figure, other: Figure, bystander: Figure | undefined): Constitution['cast'] {
  const cast = [
    {
      key: keyOf(hero.name, 'the-first'),
      name: hero.name,
      role: hero.role ?? 'the one it is about',
      want: plot.wants.H,
      voice: 'Plain and short. Names things, leaves feelings out, and stops when the sentence is done.',
    },
    {
      key: keyOf(other.name, 'the-other'),
      name: other.name,
      role: other.role ?? 'the one who stands in the way',
      want: plot.wants.C,
      voice: 'Courteous, amused, at length. Prefers questions to answers, and means about half of them.',
    },
    ...(bystander ? [bystanderMember(bystander)] : []),
  ];
  return cast.map((member, index) => ({ ...member, key: distinctKey(cast, index) }));
}

function bystanderMember({ name, role }: Figure): Constitution['cast'][number] {
  return {
    key: keyOf(name, 'the-third'),
    name,
    role: role ?? 'someone who is there, and says little',
    want: 'To be told the truth of it, for once, like anybody else.',
    voice: 'One word where two would do; speaks when nobody expects it.',
  };
}

/** A member whose key an earlier one has gets a number. */
function distinctKey(cast: Constitution['cast'], index: number): string {
  const key = cast[index]?.key ?? '';
  return cast.findIndex((member) => member.key === key) < index ? `${key.slice(0, 56)}-${index + 1}` : key;
}

/** Fills what the plot says of people and places with the facts that the later steps will read from this constitution. */
function withFacts(draft: Constitution): Constitution {
  const values = slotsOf(storyFacts(draft));
  const fill = (text: string) => fillTemplate(text, values);
  return {
    ...draft,
    worldRules: draft.worldRules.map(fill),
    cast: draft.cast.map((member) => ({ ...member, want: fill(member.want) })),
    arc: draft.arc.map(({ name, summary }) => ({ name, summary: fill(summary) })),
    endings: draft.endings.map((ending) => ({ ...ending, summary: fill(ending.summary) })),
  };
}

/** A name as a key; `otherwise` where no plain letter is left of it. */
function keyOf(name: string, otherwise: string): string {
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  return words?.join('-').slice(0, 60).replace(/-$/, '') || otherwise;
}
