/** The visual and the audio design, from the premise's mood and places. */
import type { AudioDesign, VisualDesign } from '../documents/documents.ts';
import type { StepInputs } from '../llm/gateway.ts';
import { capitalised } from './fillTemplate.ts';
import { clip } from './premise/text.ts';
import { choose } from './random.ts';
import { type StoryFacts, storyFacts } from './storyFacts.ts';

export function writeVisualDesign({ constitution }: StepInputs['visualDesign']): VisualDesign {
  const facts = storyFacts(constitution);
  const { mood, setting } = facts;
  return {
    style: mood.style,
    palette: choose(mood.palettes, facts.seed, 'palette'),
    typography: mood.typography as VisualDesign['typography'],
    motifs: motifsOf(facts),
    settings: placesOf(facts).map((name, index) => ({
      name: capitalised(name),
      look:
        index === 0
          ? `${setting.look} Seen first from outside, from low down, and left by the same way.`
          : (farLooks[index - 1] ?? setting.look),
    })),
  };
}

/** For the places that are only passed through. */
const farLooks = [
  'Seen through a doorway or over a shoulder, never whole; the nearest thing in it out of focus.',
  'Only ever at a distance, a shape with one light in it.',
  'As somebody remembers it: too bright, and a little too small.',
];

function motifsOf({ object, objects, place, hero }: StoryFacts): string[] {
  const [, second] = objects;
  return [
    `${capitalised(object)}, each time from a little nearer.`,
    ...(second ? [`${capitalised(second)}, at the edge of the frame, until somebody reaches for it.`] : []),
    `The way into ${place.name}: barred by something at first, open at the end.`,
    `Where ${hero.short} was standing a moment ago.`,
  ].map((motif) => clip(motif, 200));
}

/** The story's place, and up to three more that the premise names. */
function placesOf({ place, places }: StoryFacts): string[] {
  const names = [place.name, ...places.map(({ name }) => name)];
  return [...new Set(names)].slice(0, 4);
}

export function writeAudioDesign({ constitution }: StepInputs['audioDesign']): AudioDesign {
  const facts = storyFacts(constitution);
  const { mood, setting, hero, other, object } = facts;
  return {
    mood: mood.sound,
    themes: [
      { name: capitalised(hero.short), ...choose(themes.hero, facts.seed, 'hero') },
      { name: capitalised(other.short), ...choose(themes.other, facts.seed, 'other') },
      { name: capitalised(object), ...choose(themes.object, facts.seed, 'thing') },
    ],
    ambiences: placesOf(facts).map((name, index) => ({
      place: capitalised(name),
      sound: index === 0 ? setting.sound : (farSounds[index - 1] ?? setting.sound),
    })),
    voices: constitution.cast.slice(0, 8).map((member, index) => ({
      speaker: member.name,
      direction: voices[index] ?? 'Unhurried and close, as if reading a list that matters to nobody else.',
    })),
  };
}

const farSounds = [
  'The same air from behind a closed door, with the low notes left in.',
  'Almost nothing: a hum, and the listener’s own breath.',
  'A few seconds of it, looped so that the seam can just be heard.',
];

const voices = [
  'Near the microphone, no higher than it has to be; a full stop after every sentence, and a breath before the hard words.',
  'A step away, smiling audibly; lets each question rise and hang, and never hurries to fill the pause.',
  'From across the room, half to itself, and over before one has turned round.',
];

const themes = {
  hero: [
    { instruments: 'viola and a single low piano note', usedFor: 'Enters when a door is closed; never under speech.' },
    { instruments: 'clarinet, alone', usedFor: 'When nothing is said that should have been; stops on the first word.' },
  ],
  other: [
    { instruments: 'plucked cello and brushed snare', usedFor: 'Ahead of an offer, and cut off when it is answered.' },
    { instruments: 'harmonium with one dry key', usedFor: 'Under a kindness that wants something for itself.' },
  ],
  object: [
    {
      instruments: 'bowed glass',
      usedFor: 'Each time it is looked at; a tone higher every time, and absent at the end.',
    },
    { instruments: 'struck metal, left to ring', usedFor: 'Once in each half of the story, and in one ending.' },
  ],
};
