/** A small story with everything a bundle can show: three endings, places where paths meet, designs and shots. */
import type { OutlineNode, Provenance, SceneletText, ShotList, Stored, StoryWork } from '../../documents/documents.ts';

const provenance: Provenance = {
  provider: 'test',
  model: 'hand-written',
  offline: false,
  taskId: '0b6f8f7e-2f0c-4a55-9d0e-000000000001',
};
const stored = <T>(document: T): Stored<T> => ({ ...document, provenance });

const nodes: readonly OutlineNode[] = [
  {
    key: 'arrival',
    title: 'The Last Boat Out',
    summary: 'Ines is left alone at the lighthouse.',
    choices: [
      { label: 'Climb to the lamp room before the light goes', to: 'lamp-room' },
      { label: 'Go down to the shore and look for the voice', to: 'shore' },
    ],
    ending: null,
  },
  {
    key: 'lamp-room',
    title: 'Four Hundred Steps',
    summary: 'The lamp room, and the logbook that somebody else has kept.',
    choices: [
      { label: 'Light the lamp and read later', to: 'signal' },
      { label: 'Read the logbook first', to: 'logbook' },
    ],
    ending: null,
  },
  {
    key: 'shore',
    title: 'What the Shore Was Saying',
    summary: 'A boat with nobody at the oars.',
    choices: [
      { label: 'Wade out to the boat', to: 'boat' },
      { label: 'Run back up and light the lamp', to: 'signal' },
    ],
    ending: null,
  },
  {
    key: 'logbook',
    title: 'A Hand Like Hers',
    summary: 'Tomorrow’s entry is already written.',
    choices: [
      { label: 'Light the lamp, as the entry says', to: 'signal' },
      { label: 'Go down to the water, as it does not', to: 'boat' },
    ],
    ending: null,
  },
  {
    key: 'boat',
    title: 'The Woman in the Boat',
    summary: 'She has been rowing for forty years.',
    choices: [
      { label: 'Take the second oar', to: 'tide' },
      { label: 'Bring her up to the lamp', to: 'signal' },
    ],
    ending: null,
  },
  {
    key: 'signal',
    title: 'The Light Goes Round',
    summary: 'Something out there is answering.',
    choices: [
      { label: 'Keep the light burning until morning', to: 'keeper' },
      { label: 'Put it out and let the dark answer', to: 'dark' },
      { label: 'Leave it lit and go down to the boat', to: 'tide' },
    ],
    ending: null,
  },
  { key: 'keeper', title: 'Morning Watch', summary: 'The keeper stays.', choices: [], ending: 'the-keeper' },
  { key: 'tide', title: 'Past the Point', summary: 'Two at the oars.', choices: [], ending: 'the-tide' },
  { key: 'dark', title: 'No Light at Harrow', summary: 'The dark answers.', choices: [], ending: 'the-dark' },
];

const prose: Readonly<Record<string, SceneletText>> = {
  arrival: {
    narration: [
      'The supply boat would not wait for the tide to turn. It left Ines on the landing with two crates, a tin of matches and a promise that somebody would be back by Thursday, and then it was a sound, and then it was not even that.',
      'Harrow Point had been automatic for eleven years. Nobody had told the lamp. It had gone out on Sunday, and stayed out, and the harbour board had found the only person in town who still knew how to trim a wick.',
      'Behind her the tower took the last of the sun on its west side, the colour of a peach. Ahead, down where the rocks ran out into the water, somebody was calling a name. It was not hers. It was very nearly hers.',
    ],
    dialogue: [
      {
        speaker: 'Boatman',
        line: 'Thursday, if the weather holds. Friday if it doesn’t. Don’t go down to the shore after dark.',
      },
      { speaker: 'Ines', line: 'Why not?' },
      { speaker: 'Boatman', line: 'Because you’ll want to.' },
    ],
  },
  'lamp-room': {
    narration: [
      'Four hundred steps, and each of them worn into a shallow dish by boots that had stopped coming. At the top the lens stood in its cage, taller than she was, full of small upside-down sunsets.',
      'The wick was new. The brass was warm. On the keeper’s desk lay the logbook, open, with a pen across it, and the ink on the nib had not dried.',
    ],
    dialogue: [{ speaker: 'Ines', line: 'All right. Who’s been minding you?' }],
  },
  shore: {
    narration: [
      'The path went down between thrift and broken slate. With every turn the voice grew plainer and the words less so, until at the bottom it was only the shingle, drawing its breath in and letting it go.',
      'There was a boat. It stood twenty yards out with its oars shipped and did not drift, though everything round it did.',
    ],
    dialogue: [],
  },
  logbook: {
    narration: [
      'The entries went back to the year of the storm. Wind, visibility, ships sighted: nothing, nothing, nothing. The hand was small and upright and made its sevens with a bar. It was her own.',
      'The last one carried tomorrow’s date. “Lamp lit at dusk. One vessel. She would not come in.” Beneath it a line had been left blank, and ruled, and a full stop set at the end of it, ready.',
    ],
    dialogue: [],
  },
  boat: {
    narration: [
      'The water was warmer than it had any right to be. When Ines put a hand on the gunwale the woman looked up as people look up from a book.',
      'She was old, and not tired. Forty years of rowing had made her arms like rope. She had Ines’s mother’s way of tilting her head, and Ines’s mother had been lost off Harrow Point when Ines was three.',
    ],
    dialogue: [
      { speaker: 'The rower', line: 'You took your time.' },
      { speaker: 'Ines', line: 'I was three.' },
      {
        speaker: 'The rower',
        line: 'So you were. There’s a second oar, if you’re not. Or there’s that great lamp of yours.',
      },
      { speaker: 'The rower', line: 'I never could find the landing in the dark.' },
    ],
  },
  signal: {
    narration: [
      'The flame took, shrank, thought about it, and stood. The lens caught it and threw it nineteen miles. Round it went over the water, patient as a hand smoothing a sheet.',
      'On the third turn something far out flashed back. Not a ship’s light: too low, too slow, and it kept her time exactly. One long, two short. The old call for a keeper: are you there?',
    ],
    dialogue: [{ speaker: 'Ines', line: 'I’m here. I’m here. Who’s asking?' }],
  },
  keeper: {
    narration: [
      'She did not sleep. She wound the clockwork at midnight and again at four, and each time the answer came in from the dark a little nearer, until at first light a small boat grated on the landing, and somebody, stiff with rowing, began to climb the stairs.',
      'Ines filled the kettle. Then she took the pen, and in the ruled space she wrote: “She came in.”',
    ],
    dialogue: [],
  },
  tide: {
    narration: [
      'They pulled together without needing to count. The tower dwindled to a candle, to a match, to a thing you might have imagined. Past the Point the swell lengthened and the stars came down to the water on every side.',
    ],
    dialogue: [
      { speaker: 'Ines', line: 'Where are we going?' },
      { speaker: 'The rower', line: 'Out. It’s the only place I’ve ever told the truth about.' },
    ],
  },
  dark: {
    narration: [
      'She closed the valve. The light drew itself in, like a tide, and was gone; and for the first time in a hundred years Harrow Point stood in its own night.',
      'It was not empty. It was full of small, unhurried lights: boats, dozens, that had been waiting all this while for somebody to stop shouting at them.',
    ],
    dialogue: [],
  },
};

const signalShots: Stored<ShotList> = stored({
  shots: [
    {
      framing: 'Extreme close-up',
      subject: 'The wick takes the flame',
      movement: 'Locked off',
      sound: 'A breath of gas',
      seconds: 4,
    },
    {
      framing: 'Wide',
      subject: 'The beam crossing black water',
      movement: 'Slow pan with the beam',
      sound: 'Clockwork, far below',
      seconds: 9,
    },
  ],
});

/** The story as its workflow would leave it, with every document. Each call answers a copy of its own. */
export function lanternStory(): StoryWork {
  return structuredClone({
    id: '5f0e3b1a-7f54-4a8e-9a43-2f6f0c1d7e01',
    displayName: 'The Lamp at Harrow Point',
    initialPrompt: 'A lighthouse whose lamp somebody has been tending.',
    constitution: stored({
      title: 'The Lamp at Harrow Point',
      premise:
        'A lighthouse that has needed nobody for eleven years goes dark, and the one person who can still trim a wick is left there until Thursday with a voice that almost knows her name.',
      theme: 'What we keep lit, and for whom.',
      tone: 'Quiet, salt-worn, a little haunted.',
      worldRules: ['The light is always answered.', 'Nobody drifts who does not want to.'],
      cast: [
        { key: 'ines', name: 'Ines', role: 'Keeper for four days', want: 'To be asked to stay', voice: 'Dry, brief.' },
        { key: 'rower', name: 'The rower', role: 'Whoever is in the boat', want: 'The landing', voice: 'Amused.' },
      ],
      arc: [
        { name: 'Left', summary: 'Ines is alone.' },
        { name: 'Called', summary: 'Something asks.' },
        { name: 'Answered', summary: 'She decides what the light is for.' },
      ],
      endings: [
        {
          key: 'the-keeper',
          title: 'She Came In',
          summary:
            'The lamp is kept until morning, and what was lost finds the landing. The logbook gets its last line, and the tower its keeper.',
        },
        {
          key: 'the-tide',
          title: 'Two at the Oars',
          summary: 'Ines leaves the light to look after itself and rows out with the one who could never row in.',
        },
        {
          key: 'the-dark',
          title: 'The Waiting Boats',
          summary: 'The lamp goes out, and the dark turns out to have been full of company.',
        },
      ],
    }),
    outline: stored({ nodes: [...nodes] }),
    visualDesign: stored({
      style: 'Late light on slate and brass.',
      palette: { background: '#10202b', surface: '#1a303d', text: '#f1e8d8', accent: '#e9a15b', muted: '#8fa6ad' },
      typography: { heading: 'serif' as const, body: 'serif' as const },
      motifs: ['a lighthouse beam over open water', 'worn stone steps'],
      settings: [
        { name: 'The lamp room', look: 'Brass and bevelled glass, every surface holding a small sunset.' },
        { name: 'The shore', look: 'Slate shingle, water without a horizon.' },
      ],
    }),
    audioDesign: stored({
      mood: 'Wind in a pipe, slowly tuned.',
      themes: [
        { name: 'The call', instruments: 'Harmonium, one bowed bell', usedFor: 'Whenever the light is answered' },
      ],
      ambiences: [
        { place: 'Shingle shore', sound: 'Long withdrawing surf, one loose chain.' },
        { place: 'The lamp room', sound: 'Clockwork, gas, gulls under the gallery.' },
      ],
      voices: [{ speaker: 'The rower', direction: 'Close to the ear, never raised.' }],
    }),
    scenelets: nodes.map((node, at) => ({
      id: `00000000-0000-4000-8000-0000000000${String(at + 10)}`,
      key: node.key,
      parentId: null,
      choiceLabelFromParent: null,
      content: stored(prose[node.key] as SceneletText),
      shotList: node.key === 'signal' ? signalShots : null,
    })),
  });
}
