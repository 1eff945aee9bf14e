/** One run of story work: the calls it makes, the provenance it signs with, and what it tells. */
import type { Provenance, Stored } from '../documents/documents.ts';
import { schemaFor } from '../documents/stepSchemas.ts';
import type { Step, StepInputs, StepOutputs } from '../llm/gateway.ts';
import { renderPrompt } from '../prompts/renderPrompt.ts';
import type { RunContext } from '../runContext.ts';

/** Said first in every run without a model, so that nobody takes a template's prose for a model's. */
const offlineNotice = 'Written by the offline storyteller; no model was asked';

export interface WorkflowRun {
  readonly context: RunContext;
  /** Counted in the task's result. */
  readonly counts: { generated: number; reused: number; llmCalls: number };
}

/** Starts the count; offline, says so before anything else. */
export function beginRun(context: RunContext): WorkflowRun {
  if (context.llm.offline) context.report({ message: `${offlineNotice}.`, payload: { offline: true } });
  return { context, counts: { generated: 0, reused: 0, llmCalls: 0 } };
}

/**
 * One LLM call. The checkpoint comes first, so that a cancelled run never starts a call.
 * @throws what `checkpoint` or the gateway throws
 */
export async function callStep<S extends Step>(
  run: WorkflowRun,
  step: S,
  input: StepInputs[S],
): Promise<StepOutputs[S]> {
  const { context, counts } = run;
  await context.checkpoint();
  counts.llmCalls += 1;
  const prompt = renderPrompt(step, input);
  const schema = schemaFor(step, input);
  const reply = await context.llm.generate({ step, input, prompt, schema, signal: context.signal });
  context.addUsage(reply.usage);
  return reply.value;
}

/** Signs a document with where it came from. */
export function signed<T extends object>(run: WorkflowRun, document: T, constitutionRevision: number): Stored<T> {
  const { llm, taskId } = run.context;
  const provenance: Provenance = {
    provider: llm.provider,
    model: llm.model,
    offline: llm.offline,
    taskId,
    constitutionRevision,
  };
  return { ...document, provenance };
}

/** The constitution's revision; 0 for a record from before revisions were noted. */
export function revisionOf(document: Stored<object>): number {
  return document.provenance.constitutionRevision ?? 0;
}

/** The document alone: in a prompt its provenance would only be noise. */
export function unsigned<T extends object>({ provenance: _, ...document }: Stored<T>): T {
  return document as object as T;
}

/**
 * Tells of work. Messages are made of fixed words, counts and titles: never of prompt text.
 * @param progress 0..100, the figure at this phase boundary
 */
export function tell(
  run: WorkflowRun,
  message: string,
  progress: number,
  more: { persisted?: boolean; payload?: Record<string, unknown> } = {},
): void {
  const { offline } = run.context.llm;
  run.context.report({
    eventType: 'progress',
    message: offline ? `${message} (offline)` : message,
    progress,
    payload: { ...more.payload, offline },
    ...(more.persisted === undefined ? {} : { persisted: more.persisted }),
  });
}
