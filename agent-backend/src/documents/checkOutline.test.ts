import { describe, expect, test } from 'vitest';
import { checkOutline } from './checkOutline.ts';
import { checkScript } from './checkScript.ts';
import type { Outline, OutlineNode, StoryScenelet } from './documents.ts';
import { firstParents, pathTo, writingOrder } from './outlineGraph.ts';
import { outlineSchemaFor } from './stepSchemas.ts';

const endings = [
  { key: 'stay', title: 'Stay', summary: 'You stay.' },
  { key: 'go', title: 'Go', summary: 'You go.' },
];

function node(key: string, to: readonly string[], ending: string | null = null): OutlineNode {
  return {
    key,
    title: key,
    summary: `What happens at ${key}.`,
    choices: to.map((next) => ({ label: `To ${next}`, to: next })),
    ending,
  };
}

/** Sound: two branches that meet at `meet`, and two endings. */
const sound: Outline = {
  nodes: [
    node('open', ['left', 'right']),
    node('left', ['meet', 'end-stay']),
    node('right', ['meet', 'end-go']),
    node('meet', ['end-stay', 'end-go']),
    node('end-stay', [], 'stay'),
    node('end-go', [], 'go'),
  ],
};

/** The sound outline with some nodes replaced, added or (null) taken away. */
function changed(changes: Record<string, OutlineNode | null>): Outline {
  const kept = sound.nodes.flatMap((one) => (one.key in changes ? (changes[one.key] ?? []) : one));
  const added = Object.values(changes).filter((one) => one !== null && !sound.nodes.some(({ key }) => key === one.key));
  return { nodes: [...kept, ...added.filter((one) => one !== null)] };
}

describe('an outline', () => {
  test('that is sound has no fault', () => {
    expect(checkOutline(sound, { endings })).toEqual([]);
    expect(outlineSchemaFor({ endings }).safeParse(sound).success).toBe(true);
  });

  const twins = node('left', ['meet', 'meet']);
  const faults: [string, Outline, string][] = [
    ['a key twice', { nodes: [...sound.nodes, node('end-go', [], 'go')] }, 'More than one node has the key "end-go".'],
    [
      'a choice into nothing',
      changed({ left: node('left', ['meet', 'nowhere']) }),
      'leads to "nowhere", which is no node',
    ],
    [
      'both an ending and choices',
      changed({ meet: node('meet', ['end-stay', 'end-go'], 'go') }),
      '"meet" has both an ending and choices',
    ],
    [
      'neither ending nor choices',
      changed({ meet: node('meet', []) }),
      '"meet" has no ending, so it needs two or three choices; it has 0.',
    ],
    ['a single choice', changed({ meet: node('meet', ['end-go']) }), 'it has 1.'],
    ['a node that leads to itself', changed({ meet: node('meet', ['meet', 'end-go']) }), '"meet" leads to itself.'],
    [
      'a circle',
      changed({ meet: node('meet', ['left', 'end-go']) }),
      'The story goes in a circle: left → meet → left.',
    ],
    [
      'an unreachable node',
      changed({ attic: node('attic', ['end-stay', 'end-go']) }),
      'No path leads from the first node to "attic".',
    ],
    [
      'a dead node',
      changed({
        meet: node('meet', ['pit', 'end-go']),
        pit: node('pit', ['hole', 'hole']),
        hole: node('hole', ['pit', 'pit']),
      }),
      'No ending can be reached from "pit".',
    ],
    [
      'an ending that nobody reaches',
      changed({ 'end-stay': node('end-stay', [], 'go') }),
      'No node reaches the ending "stay".',
    ],
    [
      'an unknown ending',
      changed({ 'end-stay': node('end-stay', [], 'fly') }),
      'The ending "fly" is not in the constitution.',
    ],
    ['the same label twice', changed({ left: twins }), '"left" offers the label "to meet" more than once.'],
  ];
  test.each(faults)('with %s is refused', (_, outline, sentence) => {
    expect(checkOutline(outline, { endings }).join('\n')).toContain(sentence);
    const parsed = outlineSchemaFor({ endings }).safeParse(outline);
    expect(parsed.error?.issues.map(({ message }) => message).join('\n')).toContain(sentence);
  });
});

describe('reading the outline as a graph', () => {
  test('takes the first edge met, breadth-first, as the parent; later edges converge', () => {
    const parents = firstParents(sound);
    expect(parents.get('meet')).toEqual({ parentKey: 'left', label: 'To meet' });
    expect(parents.get('end-go')).toEqual({ parentKey: 'right', label: 'To end-go' });
    expect(parents.has('open')).toBe(false);
  });

  test('writes parents before children', () => {
    const order = writingOrder(sound).map(({ key }) => key);
    expect(order).toHaveLength(sound.nodes.length);
    for (const [key, { parentKey }] of firstParents(sound))
      expect(order.indexOf(parentKey)).toBeLessThan(order.indexOf(key));
  });

  test('gives the path from the opening to the parent', () => {
    expect(pathTo(sound, 'meet').map(({ key }) => key)).toEqual(['open', 'left']);
    expect(pathTo(sound, 'open')).toEqual([]);
  });

  test('ends even where the outline goes in circles', () => {
    const circle: Outline = { nodes: [node('a', ['b', 'b']), node('b', ['a', 'b']), node('c', [], 'go')] };
    expect(writingOrder(circle).map(({ key }) => key)).toEqual(['a', 'b']);
    expect(pathTo(circle, 'b').map(({ key }) => key)).toEqual(['a']);
  });
});

describe('checking a script', () => {
  const provenance = { provider: 'p', model: 'm', offline: true, taskId: '00000000-0000-4000-8000-000000000000' };
  const shots = {
    shots: [{ framing: 'wide', subject: 's', movement: 'still', sound: 'none', seconds: 3 }],
    provenance,
  };
  const scenelet = (key: string, shot: boolean): StoryScenelet => ({
    id: key,
    key,
    parentId: null,
    choiceLabelFromParent: null,
    content: { narration: ['n'], dialogue: [], provenance },
    shotList: shot ? shots : null,
  });

  test('names what is unwritten and what is unshot, in writing order', () => {
    const gaps = checkScript(sound, [
      scenelet('right', false),
      scenelet('open', true),
      scenelet('left', false),
      scenelet('stray', false),
    ]);
    expect(gaps.unwritten.map(({ key }) => key)).toEqual(['meet', 'end-stay', 'end-go']);
    expect(gaps.unshot.map(({ key }) => key)).toEqual(['left', 'right']);
  });
});
