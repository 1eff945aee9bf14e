/** What every offline step after the first reads out of the constitution: the premise's facts, with no gap in them. */
import type { Constitution } from '../documents/documents.ts';
import keepers from './keepers.json' with { type: 'json' };
import moods from './moods.json' with { type: 'json' };
import type { Figure, Pronouns } from './premise/figures.ts';
import { type Place, type PremiseFacts, readPremise } from './premise/readPremise.ts';
import { choose, shuffled } from './random.ts';
import settings from './settings.json' with { type: 'json' };
import strangers from './strangers.json' with { type: 'json' };

export interface StoryFacts {
  /** The same for every step of one story. */
  readonly seed: string;
  /** Whom the story is about, and who stands in the way. The reader is neither: the reader is "you". */
  readonly hero: Figure;
  readonly other: Figure;
  /** Someone else of the premise, who is there and says little. */
  readonly bystander: Figure | null;
  readonly place: Place;
  readonly object: string;
  readonly secondObject: string;
  /** Further places and objects of the premise, for the designs. */
  readonly places: readonly Place[];
  readonly objects: readonly string[];
  readonly sentences: readonly string[];
  readonly mood: (typeof moods)[keyof typeof moods];
  readonly setting: (typeof settings)[keyof typeof settings];
}

/** Those whom the storyteller brings along where a premise names nobody. */
const brought: readonly Figure[] = [...keepers, ...strangers].map((figure) => ({
  ...figure,
  pronouns: figure.pronouns as Pronouns,
}));

/** The two figures of a new story: the premise's own, as far as it has any. */
export function castFor(facts: PremiseFacts, seed: string): { hero: Figure; other: Figure } {
  const keeper = choose(keepers, seed, 'keeper').name;
  const stranger = choose(strangers, seed, 'stranger').name;
  return {
    hero: facts.figures[0] ?? broughtNamed(keeper) ?? plainFigure(keeper),
    other: facts.companion ?? broughtNamed(stranger) ?? plainFigure(stranger),
  };
}

const broughtNamed = (name: string) => brought.find((figure) => figure.name === name);

/** Somebody of whom only the name is known. */
function plainFigure(name: string): Figure {
  const short = name.startsWith('The ') ? `the ${name.slice(4)}` : name;
  return { name, short, role: null, pronouns: 'they' };
}

/** Reads a constitution, one of ours or a model's. */
export function storyFacts(constitution: Constitution): StoryFacts {
  const { title, premise, cast } = constitution;
  const seed = JSON.stringify([title, premise, ...cast.map(({ name }) => name)]);
  const facts = readPremise(premise);
  const setting = settings[facts.setting];
  const find = (name: string) =>
    facts.figures.find((figure) => figure.name === name) ?? broughtNamed(name) ?? plainFigure(name);
  const fallback = castFor(facts, seed);
  const hero = cast[0] ? find(cast[0].name) : fallback.hero;
  const spare = shuffled(setting.objects, seed, 'object');
  const object = facts.objects[0] ?? spare[0] ?? 'the lamp';
  const other = cast[1] ? find(cast[1].name) : fallback.other;
  return {
    seed,
    hero,
    other,
    bystander: facts.present.find(({ name }) => name !== hero.name && name !== other.name) ?? null,
    place: facts.places[0] ?? setting.place,
    object,
    secondObject: [...facts.objects, ...spare].find((candidate) => candidate !== object) ?? object,
    places: facts.places,
    objects: facts.objects,
    sentences: facts.sentences,
    mood: moods[facts.mood],
    setting,
  };
}
