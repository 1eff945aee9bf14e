/** A scenelet for a node that somebody else planned: its summary, the place, and two voices. */
import type { SceneletText } from '../../documents/documents.ts';
import { writingOrder } from '../../documents/outlineGraph.ts';
import type { StepInputs } from '../../llm/gateway.ts';
import { openingQuote } from '../quotes.ts';
import { shuffled } from '../random.ts';
import type { StoryFacts } from '../storyFacts.ts';
import exchanges from './plainExchanges.json' with { type: 'json' };

export function plainScenelet(
  facts: StoryFacts,
  { outline, node, path, constitution }: StepInputs['scenelet'],
): SceneletText {
  const index = writingOrder(outline).findIndex(({ key }) => key === node.key);
  const deal = <T>(items: readonly T[], pile: string) => shuffled(items, facts.seed, pile)[index % items.length];
  const detail = (node.ending === null ? deal(facts.setting.details, 'details') : deal(facts.setting.end, 'end')) ?? '';
  const opening = path.length === 0 ? [`So it was told to you: ${openingQuote(facts)}`] : [];
  const lines = deal(node.ending === null ? exchanges.underway : exchanges.ending, 'exchange') ?? [];
  const speakers = [facts.hero.name, constitution.cast.length > 1 ? facts.other.name : 'You'];
  return {
    narration: [...opening, node.summary, `${node.title}: you will remember it by that. ${detail}`],
    dialogue: lines.map((line, turn) => ({ speaker: speakers[turn % 2] ?? 'You', line })),
  };
}
