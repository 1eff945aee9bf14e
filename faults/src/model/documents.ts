/** Documents that each step's schema accepts, as short as can be. The story's mark goes on in the constitution's title. */

export type ModelStep = 'constitution' | 'outline' | 'scenelet' | 'visualDesign' | 'audioDesign' | 'shotList';

/** What a prompt asks for, read from its text as a model would. */
export interface Asked {
  /** The mark of its story: `Story-<hex>-n<scenelets>`. */
  readonly story: string;
  readonly step: ModelStep;
  /** Tells one call of a step from another: the node's key, or the constitution's revision. */
  readonly piece: string;
}

const openings: readonly (readonly [string, ModelStep])[] = [
  ['Write the constitution of this story.', 'constitution'],
  ['Make the outline of this story.', 'outline'],
  ['Write this scenelet.', 'scenelet'],
  ['Make the visual design of this story.', 'visualDesign'],
  ['Make the audio design of this story.', 'audioDesign'],
  ['Make the shot list of this scenelet.', 'shotList'],
];

const mark = /Story-[0-9a-f]{8}-n\d+/;
const node = /<<<node ([0-9a-f]{16})\n([\s\S]*?)\n\1 node>>>/;

/** @throws Error when the prompt is none of ours */
export function readPrompt(user: string): Asked {
  const [, step] = openings.find(([opening]) => user.startsWith(opening)) ?? [];
  const [story] = mark.exec(user) ?? [];
  if (step === undefined || story === undefined) throw new Error('a prompt that no step of a marked story has');
  const revision = /has had (\d+) earlier/.exec(user)?.[1] ?? '0';
  const [, , json = '{}'] = node.exec(user) ?? [];
  const { key = '' } = JSON.parse(json) as { key?: string };
  return { story, step, piece: step === 'constitution' ? revision : key };
}

const endings = ['dawn', 'dusk'];

export function writeDocument({ story, step, piece }: Asked): unknown {
  return writers[step](story, piece);
}

const writers: Record<ModelStep, (story: string, piece: string) => unknown> = {
  constitution: (story) => ({
    title: story,
    premise: 'A keeper and a lamp.',
    theme: 'Who may put a light out?',
    tone: 'plain',
    worldRules: ['The lamp burns oil.', 'The ferry runs once a day.'],
    cast: [{ key: 'keeper', name: 'Ines', role: 'keeper', want: 'sleep', voice: 'short' }],
    arc: ['First', 'Second', 'Third'].map((name) => ({ name, summary: 'It goes on.' })),
    endings: endings.map((key) => ({ key, title: `At ${key}`, summary: 'It ends.' })),
  }),
  outline: (story) => ({ nodes: nodesOf(Number(/-n(\d+)/.exec(story)?.[1])) }),
  scenelet: (_, piece) => ({ narration: [`You stand at ${piece}.`], dialogue: [{ speaker: 'Ines', line: 'Again.' }] }),
  visualDesign: () => ({
    style: 'woodcut',
    palette: { background: '#000000', surface: '#111111', text: '#ffffff', accent: '#ffcc00', muted: '#aaaaaa' },
    typography: { heading: 'serif', body: 'sans' },
    motifs: ['a lamp'],
    settings: [{ name: 'tower', look: 'stairs first' }],
  }),
  audioDesign: () => ({
    mood: 'quiet',
    themes: [{ name: 'lamp', instruments: 'cello', usedFor: 'the lamp' }],
    ambiences: [{ place: 'tower', sound: 'wind' }],
    voices: [{ speaker: 'Ines', direction: 'slow' }],
  }),
  shotList: () => ({
    shots: [{ framing: 'wide', subject: 'the lamp', movement: 'still', sound: 'wind', seconds: 5 }],
  }),
};

/** A path of scenes, each of which may also end the story at once. */
function nodesOf(count: number): unknown[] {
  const scenes = Math.max(1, count - endings.length);
  const ends = endings.map((ending) => ({
    key: `end-${ending}`,
    title: `The end at ${ending}`,
    summary: 'It ends.',
    choices: [],
    ending,
  }));
  const path = Array.from({ length: scenes }, (_, index) => ({
    key: `scene-${index + 1}`,
    title: `Scene ${index + 1}`,
    summary: 'Something happens.',
    choices: [
      { label: 'Go on', to: index + 1 < scenes ? `scene-${index + 2}` : 'end-dawn' },
      { label: 'Stop here', to: 'end-dusk' },
    ],
    ending: null,
  }));
  return [...path, ...ends];
}
