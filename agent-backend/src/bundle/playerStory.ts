/** What the player is given of a story: the plan and the prose joined by key, and nothing it does not show. */
import type { WorkflowTask } from '@story-tasks/contracts';
import type { AudioDesign, OutlineNode, StoryScenelet, StoryWork, VisualDesign } from '../documents/documents.ts';
import { PrerequisiteMissingError } from '../workflow/errors.ts';
import { placeOf } from './scenePlace.ts';

interface PlayerChoice {
  readonly label: string;
  readonly to: string;
}

/** What a film crew would want to know of a scene; each part is there only when its document is. */
interface BehindTheScene {
  readonly shots: readonly { framing: string; subject: string; movement: string; sound: string; seconds: number }[];
  readonly setting: { readonly name: string; readonly look: string } | null;
  readonly ambience: { readonly place: string; readonly sound: string } | null;
  readonly voices: readonly { readonly speaker: string; readonly direction: string }[];
}

export interface PlayerScene {
  readonly key: string;
  readonly title: string;
  readonly narration: readonly string[];
  readonly dialogue: readonly { readonly speaker: string; readonly line: string }[];
  readonly choices: readonly PlayerChoice[];
  /** Key of one of the story's endings. */
  readonly ending: string | null;
  /** Fewest choices from here to an ending: how far the story still has to go. */
  readonly remaining: number;
  readonly behind: BehindTheScene | null;
}

interface PlayerEnding {
  readonly key: string;
  readonly title: string;
  readonly summary: string;
}

export interface PlayerStory {
  readonly id: string;
  readonly title: string;
  /** The premise's first sentences: the title screen has room for a blurb, and keeps its button in sight. */
  readonly premise: string;
  /** The first scene opens the story. */
  readonly scenes: readonly PlayerScene[];
  /** Those that a scene leads to, in the order of the scenes. */
  readonly endings: readonly PlayerEnding[];
  /** True when no model wrote some of it. */
  readonly offline: boolean;
}

/** The documents without which there is nothing to play. */
type PlayableWork = StoryWork & {
  readonly constitution: NonNullable<StoryWork['constitution']>;
  readonly outline: NonNullable<StoryWork['outline']>;
};

/**
 * @param work everything persisted of the story
 * @throws PrerequisiteMissingError naming what is missing and the workflow task that makes it
 */
export function playerStory(work: StoryWork): PlayerStory {
  requirePlayable(work);
  const { constitution, outline } = work;
  const prose = new Map(work.scenelets.map((scenelet) => [scenelet.key, scenelet]));
  const remaining = choicesToAnEnding(outline.nodes);
  return {
    id: work.id,
    title: constitution.title,
    premise: leadOf(constitution.premise),
    scenes: outline.nodes.map((node) => scene(work, node, required(prose, node.key), remaining.get(node.key) ?? 0)),
    endings: endings(work),
    offline: [constitution, outline, ...work.scenelets.map((each) => each.content)].some((d) => d.provenance.offline),
  };
}

function requirePlayable(work: StoryWork): asserts work is PlayableWork {
  if (work.constitution === null) throw missing('CREATE_CONSTITUTION');
  if (work.outline === null) throw missing('CREATE_INTERACTIVE_SCRIPT');
  const planned = new Set(work.outline.nodes.map((node) => node.key));
  const targets = work.outline.nodes.flatMap((node) => node.choices.map((choice) => choice.to));
  if (!targets.every((key) => planned.has(key))) throw missing('CREATE_INTERACTIVE_SCRIPT');
}

function missing(runFirst: WorkflowTask): PrerequisiteMissingError {
  return new PrerequisiteMissingError('BUILD_PLAYER_BUNDLE', runFirst);
}

function required(prose: ReadonlyMap<string, StoryScenelet>, key: string): StoryScenelet {
  const scenelet = prose.get(key);
  if (scenelet === undefined) throw missing('CREATE_INTERACTIVE_SCRIPT');
  return scenelet;
}

function scene(work: StoryWork, node: OutlineNode, scenelet: StoryScenelet, remaining: number): PlayerScene {
  const { narration, dialogue } = scenelet.content;
  return {
    key: node.key,
    title: node.title,
    narration: [...narration],
    dialogue: dialogue.map(({ speaker, line }) => ({ speaker, line })),
    choices: node.choices.map(({ label, to }) => ({ label, to })),
    ending: node.ending,
    remaining,
    behind: behindTheScene(work.visualDesign, work.audioDesign, node, scenelet),
  };
}

/** Two scenes may come to the same ending: it is found once. */
function endings(work: PlayableWork): PlayerEnding[] {
  const byKey = new Map<string, PlayerEnding>();
  for (const node of work.outline.nodes) {
    if (node.ending !== null && !byKey.has(node.ending)) byKey.set(node.ending, ending(work, node, node.ending));
  }
  return [...byKey.values()];
}

/** A constitution that was made anew may name other endings than the script; the script's own words stand in then. */
function ending({ constitution }: PlayableWork, node: OutlineNode, key: string): PlayerEnding {
  const known = constitution.endings.find((each) => each.key === key);
  return { key, title: known?.title ?? node.title, summary: known?.summary ?? node.summary };
}

function behindTheScene(
  visual: VisualDesign | null,
  audio: AudioDesign | null,
  node: OutlineNode,
  { content, shotList }: StoryScenelet,
): BehindTheScene | null {
  const text = [node.title, node.summary, ...content.narration].join(' ');
  const speakers = new Set(content.dialogue.map((each) => each.speaker));
  const shots = (shotList?.shots ?? []).map(({ framing, subject, movement, sound, seconds }) => {
    return { framing, subject, movement, sound, seconds };
  });
  const setting = placeOf(text, visual?.settings ?? [], (each) => each.name);
  const ambience = placeOf(text, audio?.ambiences ?? [], (each) => each.place);
  const voices = (audio?.voices ?? []).filter((voice) => speakers.has(voice.speaker));
  const nothing = shots.length + voices.length === 0 && setting === null && ambience === null;
  return nothing ? null : { shots, setting, ambience, voices };
}

/** Breadth first from the endings backwards, so that a story which goes round in circles has figures too. */
function choicesToAnEnding(nodes: readonly OutlineNode[]): ReadonlyMap<string, number> {
  const distance = new Map<string, number>();
  let frontier = nodes.filter((node) => node.choices.length === 0);
  for (let steps = 0; frontier.length > 0; steps++) {
    for (const node of frontier) distance.set(node.key, steps);
    frontier = nodes.filter((node) => !distance.has(node.key) && node.choices.some(({ to }) => distance.has(to)));
  }
  return distance;
}

const leadCharacters = 300;

/** Whole sentences up to about `leadCharacters`; the first one in any case, cut where it is longer than twice that. */
function leadOf(premise: string): string {
  const sentences = [...new Intl.Segmenter('en', { granularity: 'sentence' }).segment(premise)];
  const last = sentences.findLast(({ index, segment }) => index + segment.length <= leadCharacters) ?? sentences[0];
  const lead = last === undefined ? premise : premise.slice(0, last.index + last.segment.length).trim();
  return lead.length > 2 * leadCharacters ? `${lead.slice(0, 2 * leadCharacters).trimEnd()}…` : lead;
}
