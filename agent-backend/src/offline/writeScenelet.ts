/** A scenelet: its beat of the plot, told with the story's facts, or its node's own summary where no plot is known. */
import type { Outline, OutlineNode, SceneletText } from '../documents/documents.ts';
import { pathTo, writingOrder } from '../documents/outlineGraph.ts';
import type { StepInputs } from '../llm/gateway.ts';
import { capitalised, fillTemplate, slotsOf } from './fillTemplate.ts';
import { plainScenelet } from './plots/plainScenelet.ts';
import { type Beat, type Plot, plotWithNodes } from './plots/plots.ts';
import { type EchoPlace, echoFor, openingQuote } from './quotes.ts';
import { choose, shuffled } from './random.ts';
import { type StoryFacts, storyFacts } from './storyFacts.ts';

export function writeScenelet(input: StepInputs['scenelet']): SceneletText {
  const facts = storyFacts(input.constitution);
  const plot = plotWithNodes(input.outline.nodes);
  const beat = plot?.beats.find(({ key }) => key === input.node.key);
  return plot && beat ? tellBeat(plot, beat, facts, input) : plainScenelet(facts, input);
}

function tellBeat(plot: Plot, beat: Beat, facts: StoryFacts, { outline, node }: StepInputs['scenelet']): SceneletText {
  const index = writingOrder(outline).findIndex(({ key }) => key === node.key);
  const values = { ...slotsOf(facts), ...atmosphere(facts, index, endingIndex(outline.nodes, node)) };
  const tell = (variants: readonly string[], part: string) =>
    fillTemplate(choose(variants, facts.seed, beat.key, part), values);
  const told = beat.paragraphs.map((variants, part) => tell(variants, String(part)));
  const [first = '', ...rest] = told;
  const quote = beat.ending ? null : echoFor(facts, echoPlace(outline, node));
  const echo =
    quote &&
    fillTemplate(shuffled(plot.echoes, facts.seed)[index % plot.echoes.length] ?? '{Q}', { ...values, Q: quote });
  const opening =
    beat.opening && fillTemplate(choose(beat.opening, facts.seed, 'opening'), { ...values, Q: openingQuote(facts) });
  const bystander = facts.bystander && beat.bystander && fillTemplate(beat.bystander, values);
  const narration = [opening, first, echo, bystander, ...rest].filter((paragraph) => typeof paragraph === 'string');
  return { narration, dialogue: speak(beat, facts, values) };
}

/** Details, last images and moods are dealt out by place in the story, so that none comes twice. */
function atmosphere({ setting, mood, seed }: StoryFacts, index: number, ending: number): Record<string, string> {
  const deal = (items: readonly string[], at: number, pile: string) =>
    shuffled(items, seed, pile)[at % items.length] ?? '';
  return {
    arrive: choose(setting.arrive, seed, 'arrive'),
    detail: deal(setting.details, index, 'details'),
    touch: deal(mood.touches, ending, 'touches'),
    end: deal(setting.end, ending, 'end'),
  };
}

function echoPlace(outline: Outline, node: OutlineNode): EchoPlace {
  const carriers = writingOrder(outline)
    .filter(({ ending }) => ending === null)
    .map(({ key }) => ({ key, depth: pathTo(outline, key).length }));
  const depth = pathTo(outline, node.key).length;
  return {
    depth,
    depths: Math.max(...carriers.map((carrier) => carrier.depth)),
    rank: carriers.filter((carrier) => carrier.depth === depth).findIndex(({ key }) => key === node.key),
  };
}

function endingIndex(nodes: readonly OutlineNode[], node: OutlineNode): number {
  return Math.max(
    0,
    nodes.filter(({ ending }) => ending !== null).findIndex(({ key }) => key === node.key),
  );
}

function speak(beat: Beat, facts: StoryFacts, values: Readonly<Record<string, string>>): SceneletText['dialogue'] {
  const speakers = { H: facts.hero.name, C: facts.other.name, You: 'You' };
  return choose(beat.dialogue, facts.seed, beat.key, 'dialogue').map(([speaker, line]) => ({
    speaker: speakers[speaker],
    line: capitalised(fillTemplate(line, values)),
  }));
}
