/**
 * The one door to a language model. A request names its step and carries both the rendered prompt (for a model) and
 * the data it was rendered from (for the offline provider, which writes without a model).
 */
import type { z } from 'zod';
import type {
  AudioDesign,
  Constitution,
  Outline,
  OutlineNode,
  SceneletText,
  ShotList,
  VisualDesign,
} from '../documents/documents.ts';

/** What each step is written from. */
export interface StepInputs {
  constitution: {
    displayName: string;
    initialPrompt: string /** 0 for the first; counts regenerations */;
    revision: number;
  };
  outline: { constitution: Constitution };
  scenelet: {
    constitution: Constitution;
    outline: Outline;
    node: OutlineNode /** from the opening to the parent */;
    path: OutlineNode[];
  };
  visualDesign: { constitution: Constitution };
  audioDesign: { constitution: Constitution };
  shotList: {
    constitution: Constitution;
    visualDesign: VisualDesign | null;
    node: OutlineNode;
    scenelet: SceneletText;
  };
}

/** What each step makes. */
export interface StepOutputs {
  constitution: Constitution;
  outline: Outline;
  scenelet: SceneletText;
  visualDesign: VisualDesign;
  audioDesign: AudioDesign;
  shotList: ShotList;
}

export type Step = keyof StepOutputs;

export interface Prompt {
  readonly system: string;
  readonly user: string;
}

export interface LlmRequest<S extends Step> {
  readonly step: S;
  readonly input: StepInputs[S];
  readonly prompt: Prompt;
  /** Checks the reply. A refinement here (a broken outline) counts as a reply that does not fit, and is repaired once. */
  readonly schema: z.ZodType<StepOutputs[S]>;
  /** Aborts the call in flight; it then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Called while a streamed reply grows, with the characters received so far. */
  readonly onProgress?: ((characters: number) => void) | undefined;
}

/** Tokens of a call and of its repair, if there was one. 0 where the provider does not tell. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface LlmReply<T> {
  readonly value: T;
  readonly usage: TokenUsage;
}

export interface LlmGateway {
  readonly provider: string;
  readonly model: string;
  readonly offline: boolean;
  /**
   * @throws LlmError with a stable code; the reason of `signal` when that aborted the call
   */
  generate<S extends Step>(request: LlmRequest<S>): Promise<LlmReply<StepOutputs[S]>>;
}
