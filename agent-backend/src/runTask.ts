/** Runs one claimed task from its first checkpoint to its end on record, for the worker and the CLI alike. */
import { fieldErrors, type Operation, type OptionsOf, operations } from '@story-tasks/contracts';
import { type BundleStore, ValidationError } from '@story-tasks/supabase';
import type { LlmGateway } from './llm/gateway.ts';
import type { ReportedEvent, RunContext, Runner, StoryWorkStore } from './runContext.ts';
import { runners } from './runners.ts';
import type { StoryWorkRun } from './storyWorkStore.ts';
import {
  type Completion,
  logTaskCompletion,
  logTaskEvent,
  type RunEnd,
  type TaskLog,
  type TaskLogging,
} from './task-logging/index.ts';

export interface RunDependencies {
  readonly logging: TaskLogging;
  /** Where a run persists story work. */
  readonly work: (run: StoryWorkRun) => StoryWorkStore;
  readonly llm: LlmGateway;
  readonly bundles: BundleStore;
  /** How long a run may take, in seconds. */
  readonly timeoutSeconds: number;
  /** When a run that failed retryably is tried again, in milliseconds from now; the row decides whether it is. */
  retryAfterMs(attemptsSpent: number): number;
}

export interface RunOutcome {
  readonly completion: Completion;
  /** When the run's own code had ended, by the clock of `logging`; its end was written after that. */
  readonly endedAt: number;
  /** What the run threw, for the process's log; never for an event or an answer. */
  readonly error?: unknown;
}

/** @param onEvent shown each event as it is reported, before it is sent */
export async function runTask(
  dependencies: RunDependencies,
  log: TaskLog,
  onEvent: (event: ReportedEvent) => void = () => undefined,
): Promise<RunOutcome> {
  log.limitTo(dependencies.timeoutSeconds);
  const end = await endOf(dependencies, log, onEvent);
  const endedAt = dependencies.logging.clock.now();
  const completion = await logTaskCompletion(dependencies.logging, log, end);
  return end.status === 'failed' ? { completion, endedAt, error: end.error } : { completion, endedAt };
}

async function endOf(
  dependencies: RunDependencies,
  log: TaskLog,
  onEvent: (event: ReportedEvent) => void,
): Promise<RunEnd> {
  try {
    const context = contextOf(dependencies, log, onEvent);
    return { status: 'succeeded', result: await run(log.task.operation, context, log.task.payload) };
  } catch (thrown) {
    // What a run throws when its signal is aborted may be anything; the reason of the abort says what happened.
    const error: unknown = log.signal.aborted ? log.signal.reason : thrown;
    return { status: 'failed', error, retryAfterMs: dependencies.retryAfterMs(log.task.attemptsSpent) };
  }
}

function run<O extends Operation>(operation: O, context: RunContext, payload: unknown) {
  const runner = runners[operations[operation].runner] as Runner<O>;
  const options = operations[operation].options.safeParse(payload);
  if (!options.success) throw new ValidationError(fieldErrors(options.error, 'payload'));
  return runner(context, options.data as OptionsOf<O>);
}

function contextOf(
  { work, llm, bundles, logging }: RunDependencies,
  log: TaskLog,
  onEvent: (event: ReportedEvent) => void,
): RunContext {
  const { id: taskId, attempt } = log.task;
  const storyId = log.task.storyId ?? '';
  return {
    taskId,
    storyId,
    signal: log.signal,
    llm,
    bundles,
    work: work({ taskId, attempt, storyId, signal: log.signal, clock: logging.clock }),
    report: (event) => {
      logTaskEvent(log, event);
      onEvent(event);
    },
    checkpoint: () => log.checkpoint(),
    addUsage: (usage) => log.addUsage(usage),
  };
}
