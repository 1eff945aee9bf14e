/** The plots that the offline storyteller knows: each a graph of beats with several ways of telling every one. */
import { z } from 'zod';
import lastNight from './last-night.json' with { type: 'json' };
import theBargain from './the-bargain.json' with { type: 'json' };
import unfinishedPage from './unfinished-page.json' with { type: 'json' };

const variants = z.array(z.string().min(1)).min(1);
const speech = z.tuple([z.enum(['H', 'C', 'You']), z.string().min(1)]);

const beatSchema = z.strictObject({
  key: z.string(),
  title: variants,
  summary: z.string(),
  /** Lead-ins to the premise's own first words; on the first beat alone. */
  opening: variants.optional(),
  /** Paragraphs in order, each with its ways of being told. */
  paragraphs: z.array(variants).min(1),
  /** Told only where the premise has a third person in it. */
  bystander: z.string().optional(),
  dialogue: z.array(z.array(speech)).min(1),
  choices: z.array(z.strictObject({ label: variants, to: z.string() })).default([]),
  ending: z.string().optional(),
});

const plotSchema = z.strictObject({
  theme: z.string(),
  worldRules: z.array(z.string()).min(3),
  wants: z.strictObject({ H: z.string(), C: z.string() }),
  arc: z.array(z.strictObject({ name: z.string(), summary: z.string() })),
  endings: z.array(z.strictObject({ key: z.string(), title: z.string(), summary: z.string() })),
  /** Lead-ins to later words of the premise; one for each beat that is not an ending. */
  echoes: variants,
  beats: z.array(beatSchema),
});

export type Beat = z.infer<typeof beatSchema>;
export type Plot = z.infer<typeof plotSchema>;

export const plots: readonly Plot[] = [unfinishedPage, theBargain, lastNight].map((plot) => plotSchema.parse(plot));

/** The plot that a constitution was made with; null when somebody else wrote the constitution. */
export function plotWithEndings(endings: readonly { readonly key: string }[]): Plot | null {
  const keys = endings.map(({ key }) => key).join(' ');
  return plots.find((plot) => plot.endings.map(({ key }) => key).join(' ') === keys) ?? null;
}

/** The plot that an outline was made with; null when somebody else planned it. */
export function plotWithNodes(nodes: readonly { readonly key: string }[]): Plot | null {
  const keys = nodes.map(({ key }) => key).join(' ');
  return plots.find((plot) => plot.beats.map(({ key }) => key).join(' ') === keys) ?? null;
}
