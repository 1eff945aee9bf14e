/** The shot list of one scenelet: where, what, who speaks, and what is at stake. */
import type { ShotList } from '../documents/documents.ts';
import type { StepInputs } from '../llm/gateway.ts';
import { capitalised } from './fillTemplate.ts';
import { clip } from './premise/text.ts';
import { choose } from './random.ts';
import { type StoryFacts, storyFacts } from './storyFacts.ts';

type Shot = ShotList['shots'][number];

export function writeShotList({ constitution, node, scenelet }: StepInputs['shotList']): ShotList {
  const facts = storyFacts(constitution);
  const shots = [
    wide(facts, node.key),
    detail(facts, node.key),
    ...scenelet.dialogue.slice(0, 2).map((spoken, index) => speaking(facts, node.key, spoken, index)),
    node.ending === null ? waiting(facts, node) : leaving(facts, node.title),
  ];
  return { shots };
}

function wide({ place, setting, seed }: StoryFacts, key: string): Shot {
  const framing = choose(
    ['wide, from low down', 'wide, through a doorway', 'wide, from behind you'],
    seed,
    key,
    'wide',
  );
  const movement = choose(['still', 'a slow drift to the left', 'a slow push in'], seed, key, 'drift');
  return {
    framing,
    subject: `${capitalised(place.name)}. ${setting.look}`,
    movement,
    sound: clip(setting.sound, 200),
    seconds: 7,
  };
}

function detail({ object, hero, seed }: StoryFacts, key: string): Shot {
  const framing = choose(
    ['close, so that wear shows', 'close, out of focus at first', 'medium, with nobody near it'],
    seed,
    key,
    'near',
  );
  const subject = choose(
    [`${object}, and dust in the light`, `${object}; behind it, ${hero.short}, blurred`],
    seed,
    key,
    'thing',
  );
  return { framing, subject: capitalised(subject), movement: 'still', sound: 'The room alone.', seconds: 4 };
}

function speaking({ seed }: StoryFacts, key: string, spoken: { speaker: string; line: string }, index: number): Shot {
  const you = spoken.speaker === 'You';
  const framing = you
    ? 'over your shoulder'
    : choose(['medium close, level', 'close, in profile', 'two-shot, uneven'], seed, key, String(index));
  const subject = you ? 'Whoever is listening, and what the answer does to them' : `${spoken.speaker}, speaking`;
  const seconds = Math.min(12, 3 + Math.ceil(spoken.line.length / 18));
  return {
    framing,
    subject,
    movement: index === 0 ? 'still' : 'a hand’s breadth nearer',
    sound: `“${clip(spoken.line, 120)}”`,
    seconds,
  };
}

function waiting({ hero, other, seed }: StoryFacts, { key, choices }: StepInputs['shotList']['node']): Shot {
  const subject = choose(
    [
      `${hero.short} and ${other.short}, not looking at each other`,
      `your hands, and past them ${hero.short}`,
      `${other.short}, waiting; the space beside ${hero.short} empty`,
    ],
    seed,
    key,
    'stake',
  );
  return {
    framing: 'wide enough for the space between them',
    subject: capitalised(subject),
    movement: 'still',
    sound: 'Silence, held.',
    seconds: 4 + choices.length,
  };
}

function leaving({ place }: StoryFacts, title: string): Shot {
  const subject = clip(`${capitalised(place.name)} from the way out, growing smaller. Title card: ${title}`, 300);
  return {
    framing: 'very wide, from far off',
    subject,
    movement: 'backwards, at walking pace',
    sound: 'Footsteps, then the place by itself.',
    seconds: 10,
  };
}
