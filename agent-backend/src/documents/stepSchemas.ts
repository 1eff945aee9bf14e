/**
 * The schema that each step's reply is held to. Refinements say what the shape alone cannot; a reply that breaks one
 * is repaired once by the gateway, which shows the sentences below to the model.
 */
import type { z } from 'zod';
import type { Step, StepInputs, StepOutputs } from '../llm/gateway.ts';
import { checkOutline } from './checkOutline.ts';
import { contrast, readableContrast } from './contrast.ts';
import {
  audioDesignSchema,
  type Constitution,
  constitutionSchema,
  type Outline,
  outlineSchema,
  type SceneletText,
  type ShotList,
  sceneletSchema,
  shotListSchema,
  type VisualDesign,
  visualDesignSchema,
} from './documents.ts';

/** A schema whose added faults are sentences. */
function held<T>(schema: z.ZodType<T>, faultsOf: (value: T) => string[]): z.ZodType<T> {
  return schema.superRefine((value, context) => {
    for (const message of faultsOf(value)) context.addIssue({ code: 'custom', message });
  });
}

function repeatedKeys(what: string, keys: readonly string[]): string[] {
  return keys.length === new Set(keys).size ? [] : [`The keys of the ${what} must differ from one another.`];
}

/** Cast and endings are named by key later, so their keys must differ. */
const constitutionReplySchema: z.ZodType<Constitution> = held(constitutionSchema, ({ cast, endings }) => [
  ...repeatedKeys(
    'cast',
    cast.map((member) => member.key),
  ),
  ...repeatedKeys(
    'endings',
    endings.map((ending) => ending.key),
  ),
]);

/** `outlineSchema`, and playable with this constitution (`checkOutline`). */
export function outlineSchemaFor(constitution: Pick<Constitution, 'endings'>): z.ZodType<Outline> {
  return held(outlineSchema, (outline) => checkOutline(outline, constitution));
}

/** Voices that belong to every story, besides its cast. */
const commonSpeakers = ['you', 'narrator'];
/** A ferryman with one line is welcome; a scenelet that forgets its cast is not. */
const outsideSpeakers = 2;

/**
 * Lenient about who speaks: the cast by any part of its names, "You", "Narrator", and up to two others. A cast key
 * ("ines-corval") is refused, because the player shows the speaker as it stands.
 */
export function sceneletSchemaFor(constitution: Pick<Constitution, 'cast'>): z.ZodType<SceneletText> {
  return held(sceneletSchema, ({ narration, dialogue }) => {
    const speakers = [...new Set(dialogue.map((spoken) => spoken.speaker))];
    const strangers = speakers.filter((speaker) => !isKnownSpeaker(speaker, constitution));
    const keys = constitution.cast.map((member) => member.key).filter((key) => key.includes('-'));
    return [
      ...speakers
        .filter((speaker) => keys.includes(speaker))
        .map((speaker) => `Name the speaker "${speaker}" as the cast does.`),
      ...(strangers.length > outsideSpeakers ? ['At most two speakers may come from outside the cast.'] : []),
      ...(new Set(narration).size === narration.length ? [] : ['No paragraph may stand twice.']),
    ];
  });
}

function isKnownSpeaker(speaker: string, { cast }: Pick<Constitution, 'cast'>): boolean {
  const spoken = speaker.toLowerCase();
  return commonSpeakers.includes(spoken) || cast.some(({ name }) => name.toLowerCase().includes(spoken));
}

/** The player sets text and links in these colours, so a palette that cannot be read is no palette. */
export const visualDesignReplySchema: z.ZodType<VisualDesign> = held(visualDesignSchema, ({ palette }) =>
  (
    [
      ['text', 'background'],
      ['text', 'surface'],
      ['accent', 'background'],
    ] as const
  )
    .filter(([ink, ground]) => contrast(palette[ink], palette[ground]) < readableContrast)
    .map(([ink, ground]) => `The palette's ${ink} needs a contrast of at least ${readableContrast} on its ${ground}.`),
);

/** Longer than this, a scenelet would not hold a viewer at one screen. */
const longestSceneletSeconds = 240;

/** Shots of one scenelet fill at most four minutes together. */
export const shotListReplySchema: z.ZodType<ShotList> = held(shotListSchema, ({ shots }) => {
  const seconds = shots.reduce((sum, shot) => sum + shot.seconds, 0);
  return seconds <= longestSceneletSeconds ? [] : ['The shots of one scenelet may fill at most 240 seconds together.'];
});

const schemas: { [S in Step]: (input: StepInputs[S]) => z.ZodType<StepOutputs[S]> } = {
  constitution: () => constitutionReplySchema,
  outline: ({ constitution }) => outlineSchemaFor(constitution),
  scenelet: ({ constitution }) => sceneletSchemaFor(constitution),
  visualDesign: () => visualDesignReplySchema,
  audioDesign: () => audioDesignSchema,
  shotList: () => shotListReplySchema,
};

/** The schema for the reply of one step, given what the step is written from. */
export function schemaFor<S extends Step>(step: S, input: StepInputs[S]): z.ZodType<StepOutputs[S]> {
  return schemas[step](input);
}
