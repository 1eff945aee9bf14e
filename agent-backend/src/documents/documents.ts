/**
 * The documents of a story. Each is made by one LLM call (a scenelet and its shots by one call each), checked here, and
 * persisted as soon as it is made. Limits keep a runaway reply out of the record and the player readable.
 */
import { z } from 'zod';

const line = (max: number) => z.string().trim().min(1).max(max);
const lines = (min: number, max: number, length: number) => z.array(line(length)).min(min).max(max);
/** Lower-case words joined by hyphens; the name of a scenelet, an ending or a member of the cast inside one story. */
const key = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens')
  .max(60);

/** Where a document came from. The workflow adds it; a model never writes it. */
export const provenanceSchema = z.object({
  provider: z.string(),
  model: z.string(),
  /** True when no model wrote it: the offline provider did, from the prompt alone. */
  offline: z.boolean(),
  taskId: z.guid(),
  /** The revision of the constitution: on a constitution its own, on a later document that of the one it was made from. */
  constitutionRevision: z.int().min(0).optional(),
});
export type Provenance = z.infer<typeof provenanceSchema>;

export const constitutionSchema = z.object({
  title: line(120),
  premise: line(1200),
  theme: line(400),
  tone: line(200),
  worldRules: lines(2, 8, 400),
  cast: z
    .array(z.object({ key, name: line(80), role: line(160), want: line(300), voice: line(300) }))
    .min(1)
    .max(8),
  arc: z
    .array(z.object({ name: line(80), summary: line(600) }))
    .min(3)
    .max(6),
  endings: z
    .array(z.object({ key, title: line(120), summary: line(600) }))
    .min(2)
    .max(4),
});
export type Constitution = z.infer<typeof constitutionSchema>;

/** One place in the script's plan: it ends the story, or offers two or three choices. */
export const outlineNodeSchema = z.object({
  key,
  title: line(120),
  summary: line(600),
  /** Empty exactly when `ending` is set. Two choices that name the same `to` converge there. */
  choices: z.array(z.object({ label: line(140), to: key })).max(3),
  /** Key of one of the constitution's endings. */
  ending: key.nullable(),
});
export type OutlineNode = z.infer<typeof outlineNodeSchema>;

/** The plan of the interactive script; the first node opens the story. `checkOutline` holds what zod cannot say. */
export const outlineSchema = z.object({ nodes: z.array(outlineNodeSchema).min(3).max(40) });
export type Outline = z.infer<typeof outlineSchema>;

/** The prose of one scenelet. */
export const sceneletSchema = z.object({
  narration: lines(1, 8, 1600),
  dialogue: z.array(z.object({ speaker: line(80), line: line(600) })).max(12),
});
export type SceneletText = z.infer<typeof sceneletSchema>;

const colour = z.string().regex(/^#[0-9a-fA-F]{6}$/, 'a colour as #rrggbb');

export const visualDesignSchema = z.object({
  style: line(400),
  palette: z.object({ background: colour, surface: colour, text: colour, accent: colour, muted: colour }),
  typography: z.object({
    heading: z.enum(['serif', 'sans', 'slab', 'mono']),
    body: z.enum(['serif', 'sans', 'slab', 'mono']),
  }),
  motifs: lines(1, 6, 200),
  settings: z
    .array(z.object({ name: line(80), look: line(400) }))
    .min(1)
    .max(8),
});
export type VisualDesign = z.infer<typeof visualDesignSchema>;

export const audioDesignSchema = z.object({
  mood: line(300),
  themes: z
    .array(z.object({ name: line(80), instruments: line(200), usedFor: line(300) }))
    .min(1)
    .max(6),
  ambiences: z
    .array(z.object({ place: line(80), sound: line(300) }))
    .min(1)
    .max(8),
  voices: z.array(z.object({ speaker: line(80), direction: line(300) })).max(8),
});
export type AudioDesign = z.infer<typeof audioDesignSchema>;

/** The shots of one scenelet, in order. */
export const shotListSchema = z.object({
  shots: z
    .array(
      z.object({
        framing: line(80),
        subject: line(300),
        movement: line(160),
        sound: line(200),
        seconds: z.int().min(1).max(60),
      }),
    )
    .min(1)
    .max(8),
});
export type ShotList = z.infer<typeof shotListSchema>;

/** A document as it stands in the record: what was written, and where it came from. */
export type Stored<T> = T & { readonly provenance: Provenance };

/** A scenelet as it stands in the record. */
export interface StoryScenelet {
  readonly id: string;
  readonly key: string;
  readonly parentId: string | null;
  /** The label of the choice by which its parent leads here; null for the opening. */
  readonly choiceLabelFromParent: string | null;
  readonly content: Stored<SceneletText>;
  readonly shotList: Stored<ShotList> | null;
}

/** Everything that is persisted of one story. */
export interface StoryWork {
  readonly id: string;
  readonly displayName: string;
  readonly initialPrompt: string;
  readonly constitution: Stored<Constitution> | null;
  readonly outline: Stored<Outline> | null;
  readonly visualDesign: Stored<VisualDesign> | null;
  readonly audioDesign: Stored<AudioDesign> | null;
  readonly scenelets: readonly StoryScenelet[];
}
