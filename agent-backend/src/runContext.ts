/** What a runner is given: everything it may touch, and nothing of queues, leases or HTTP. */
import type { EventType, Operation, OptionsOf, operations, RunnerName } from '@story-tasks/contracts';
import type { BundleStore } from '@story-tasks/supabase';
import type {
  AudioDesign,
  Constitution,
  Outline,
  SceneletText,
  ShotList,
  Stored,
  StoryScenelet,
  StoryWork,
  VisualDesign,
} from './documents/documents.ts';
import type { LlmGateway, TokenUsage } from './llm/gateway.ts';

/** The persisted documents that a story has at most one of. */
export interface StoryDocuments {
  constitution: Stored<Constitution>;
  outline: Stored<Outline>;
  visualDesign: Stored<VisualDesign>;
  audioDesign: Stored<AudioDesign>;
}

/** A scenelet to be persisted. Its key makes it unique in its story: a second write of the same key changes nothing. */
export interface NewStoryScenelet {
  readonly key: string;
  readonly parentId: string | null;
  readonly choiceLabelFromParent: string | null;
  readonly content: Stored<SceneletText>;
}

/**
 * Where a run loads and persists story work. Every write carries the run's fence: a run that was overtaken gets
 * STALE_ATTEMPT thrown at it, and nothing is written.
 */
export interface StoryWorkStore {
  /** @throws StoryNotFoundError */
  load(storyId: string): Promise<StoryWork>;
  /** Keeps what is there, unless `replace`. Answers the document as it stands afterwards. */
  saveDocument<K extends keyof StoryDocuments>(
    storyId: string,
    kind: K,
    document: StoryDocuments[K],
    options?: { replace: boolean },
  ): Promise<StoryDocuments[K]>;
  /** Answers the scenelet as it stands afterwards (the earlier one if its key was there). */
  saveScenelet(storyId: string, scenelet: NewStoryScenelet): Promise<StoryScenelet>;
  saveShotList(sceneletId: string, shotList: Stored<ShotList>): Promise<void>;
  /** Notes the latest player bundle of the story. */
  saveBundlePath(storyId: string, bundlePath: string): Promise<void>;
}

export interface ReportedEvent {
  readonly message: string;
  /** `progress` when a progress figure is given, else `info`. */
  readonly eventType?: EventType;
  readonly progress?: number;
  readonly payload?: Readonly<Record<string, unknown>>;
  /** True when the step it speaks of has just been persisted. */
  readonly persisted?: boolean;
}

export interface RunContext {
  readonly taskId: string;
  readonly storyId: string;
  /** Aborted when the task is cancelled, overtaken or timed out, and when the process shuts down. */
  readonly signal: AbortSignal;
  readonly llm: LlmGateway;
  readonly work: StoryWorkStore;
  readonly bundles: BundleStore;
  /** Queues an event for the next batch; never waits and never throws. */
  report(event: ReportedEvent): void;
  /**
   * Sends what is queued and waits for the answer. Called before every LLM call and at every persisted step: throws
   * (the reason of `signal`) when the task is cancelled, overtaken or the process drains.
   */
  checkpoint(): Promise<void>;
  /** Adds tokens to the task's count. */
  addUsage(usage: TokenUsage): void;
}

/** Does one operation; what it returns becomes the task's `result`. */
export type Runner<O extends Operation = Operation> = (
  context: RunContext,
  options: OptionsOf<O>,
) => Promise<Record<string, unknown>>;

/** One runner for each name that the registry of operations uses: the compiler asks for a missing one. */
export type Runners = { [O in Operation as (typeof operations)[O]['runner'] & RunnerName]: Runner<O> };
