/** The outline: the plot's own graph, or a plain one around a constitution that somebody else wrote. */
import type { Constitution, Outline } from '../documents/documents.ts';
import type { StepInputs } from '../llm/gateway.ts';
import { fillTemplate, slotsOf } from './fillTemplate.ts';
import { plainOutline } from './plots/plainOutline.ts';
import { type Plot, plotWithEndings } from './plots/plots.ts';
import { choose } from './random.ts';
import { storyFacts } from './storyFacts.ts';

export function writeOutline({ constitution }: StepInputs['outline']): Outline {
  const plot = plotWithEndings(constitution.endings);
  return plot ? outlineOf(plot, constitution) : plainOutline(constitution);
}

function outlineOf(plot: Plot, constitution: Constitution): Outline {
  const facts = storyFacts(constitution);
  const values = slotsOf(facts);
  const draw = (variants: readonly string[], ...seed: string[]) =>
    fillTemplate(choose(variants, facts.seed, ...seed), values);
  return {
    nodes: plot.beats.map((beat) => ({
      key: beat.key,
      title: draw(beat.title, beat.key, 'title'),
      summary: fillTemplate(beat.summary, values),
      choices: beat.choices.map(({ label, to }) => ({ label: draw(label, beat.key, to), to })),
      ending: beat.ending ?? null,
    })),
  };
}
