/** A run of story work without a worker: the offline storyteller, a memory store, and everything that was reported. */
import { randomUUID } from 'node:crypto';
import type { LlmGateway, Step } from '../../llm/gateway.ts';
import { writeOffline } from '../../offline/writeOffline.ts';
import type { ReportedEvent, RunContext } from '../../runContext.ts';
import type { MemoryWorkStore } from './memoryWorkStore.ts';

export interface TestRun {
  readonly context: RunContext;
  readonly events: ReportedEvent[];
  /** The steps that the gateway was asked for, in order. */
  readonly calls: Step[];
  readonly usage: { inputTokens: number; outputTokens: number };
}

export interface TestRunOptions {
  readonly taskId?: string;
  /** Aborts the run inside its nth call, counted from 1. */
  readonly abortAtCall?: number;
  /** Makes the nth checkpoint throw, counted from 1. */
  readonly refuseCheckpoint?: number;
}

/** Every call counts as 10 tokens in and 20 out. */
export function testRun(work: MemoryWorkStore, storyId: string, options: TestRunOptions = {}): TestRun {
  const events: ReportedEvent[] = [];
  const calls: Step[] = [];
  const usage = { inputTokens: 0, outputTokens: 0 };
  const abort = new AbortController();
  let checkpoints = 0;
  const llm: LlmGateway = {
    provider: 'offline',
    model: 'storyteller',
    offline: true,
    generate: async ({ step, input, signal }) => {
      calls.push(step);
      if (calls.length === options.abortAtCall) abort.abort(new Error('cancelled'));
      signal.throwIfAborted();
      return { value: writeOffline(step, input), usage: { inputTokens: 10, outputTokens: 20 } };
    },
  };
  const context: RunContext = {
    taskId: options.taskId ?? randomUUID(),
    storyId,
    signal: abort.signal,
    llm,
    work,
    bundles: { put: async (path) => ({ bundlePath: path }), get: async () => null },
    report: (event) => void events.push(event),
    checkpoint: async () => {
      checkpoints += 1;
      if (checkpoints === options.refuseCheckpoint) throw new Error('overtaken');
      abort.signal.throwIfAborted();
    },
    addUsage: ({ inputTokens, outputTokens }) => {
      usage.inputTokens += inputTokens;
      usage.outputTokens += outputTokens;
    },
  };
  return { context, events, calls, usage };
}
