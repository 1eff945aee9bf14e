/** An outline in a constitution's own words, for constitutions that none of our plots made. */
import type { Constitution, Outline, OutlineNode } from '../../documents/documents.ts';
import { clip } from '../premise/text.ts';

/** Seven scenelets before the endings, in four layers; any two neighbours in a layer lead to the same next ones. */
export function plainOutline(constitution: Constitution): Outline {
  const { arc, cast, theme, worldRules, endings } = constitution;
  const lead = cast[0];
  const part = (index: number) => arc[Math.min(index, arc.length - 1)];
  const node = (key: string, title: string, summary: string, choices: OutlineNode['choices']): OutlineNode => ({
    key,
    title: clip(title, 120),
    summary: clip(summary, 600),
    choices: choices.map(({ label, to }) => ({ label: clip(label, 140), to })),
    ending: null,
  });
  const towardsMiddle = [
    { label: 'Act before anyone else does', to: 'the-turn' },
    { label: 'Wait, and see who moves first', to: 'the-pause' },
  ];
  const towardsLast = [
    { label: 'Go on, whatever it costs', to: 'the-cost' },
    { label: 'Ask for one more hour', to: 'the-last-hour' },
  ];
  const leading = (indexes: readonly number[]) =>
    indexes.map((index) => ({ label: `Choose this: ${endings[index]?.title ?? ''}`, to: `ending-${index + 1}` }));
  const [first, rest] = [
    leading([0, 1]),
    leading(endings.length > 2 ? endings.map((_, index) => index).slice(-3) : [1, 0]),
  ];
  return {
    nodes: [
      node('opening', part(0)?.name ?? 'The beginning', part(0)?.summary ?? theme, [
        { label: `Speak with ${lead?.name ?? 'the one who is waiting'}`, to: 'the-asking' },
        { label: 'Keep apart, and think it over', to: 'the-weighing' },
      ]),
      node('the-asking', 'The asking', `${lead?.name}, ${lead?.role}, speaks first. ${lead?.want}`, towardsMiddle),
      node('the-weighing', 'The weighing', `You keep apart and weigh the question. ${theme}`, towardsMiddle),
      node('the-turn', part(1)?.name ?? 'The turn', part(1)?.summary ?? theme, towardsLast),
      node('the-pause', 'The pause', `Nobody moves, and the rule of the place holds. ${worldRules[0]}`, towardsLast),
      node('the-cost', part(arc.length - 1)?.name ?? 'The cost', part(arc.length - 1)?.summary ?? theme, first),
      node(
        'the-last-hour',
        'The last hour',
        `There is an hour left, and a rule that will not bend. ${worldRules[1]}`,
        rest,
      ),
      ...endings.map((ending, index) => ({
        ...node(`ending-${index + 1}`, ending.title, ending.summary, []),
        ending: ending.key,
      })),
    ],
  };
}
