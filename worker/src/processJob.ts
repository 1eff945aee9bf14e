/**
 * One job from the lane: claim its row, run it, write its end, and leave the lane as the row now is. The row decides;
 * a job only says that somebody should look.
 */
import { type Completion, logTaskStart, type RunDependencies, runTask } from '@story-tasks/agent-backend';
import {
  type JobData,
  type Operation,
  type OperationSettings,
  operations,
  pause,
  type TaskRecord,
} from '@story-tasks/contracts';
import type { Logger } from '@story-tasks/runtime';
import type { ClaimOutcome, RefusedClaim } from '@story-tasks/supabase';
import type { RunningTasks } from './runningTasks.ts';
import type { ObservedRun, RunObserver } from './runObserver.ts';

export interface WorkerDependencies extends Omit<RunDependencies, 'timeoutSeconds'> {
  readonly observer: Pick<RunObserver, 'run'>;
  readonly workerId: string;
  readonly running: RunningTasks;
  /** Runs of an operation that this process may have at once; none: nothing is claimed. */
  readonly slots: (operation: Operation) => number;
  /** As they are at this moment. A run keeps the time limit that it began with. */
  readonly settings: (operation: Operation) => Pick<OperationSettings, 'globalConcurrency' | 'timeoutSeconds'>;
  readonly logger: Logger;
}

/**
 * What becomes of the job.
 * `done`: it leaves the lane. `failed`: so too, and counts as failed. `again`: it waits in the lane for so long.
 */
export type JobEnd =
  | { readonly next: 'done'; readonly outcome: string }
  | { readonly next: 'failed'; readonly code: string }
  | { readonly next: 'again'; readonly delayMs: number };

/** How long until a row is looked at again, where it does not say itself, in milliseconds. */
const lookAgainMs = 1_000;

export async function processJob(dependencies: WorkerDependencies, job: JobData): Promise<JobEnd> {
  if (dependencies.slots(job.operation) === 0) return { next: 'again', delayMs: 0 };
  const claim = await claimTask(dependencies, job);
  if (claim === 'unavailable') return laterInThisSlot(dependencies);
  if (claim.outcome === 'refused') return endOfRefused(dependencies, claim.reason, claim.retryAfterMs);
  const { task } = claim;
  return dependencies.observer.run(task, (observed) => runClaimed(dependencies, task, observed));
}

async function claimTask(
  { logging, logger, workerId, settings }: WorkerDependencies,
  { taskId, operation }: JobData,
): Promise<ClaimOutcome | 'unavailable'> {
  try {
    return await logging.repository.claimTask({
      taskId,
      claimToken: logging.chance.uuid(),
      workerId,
      leaseMs: logging.settings.leaseMs,
      globalLimit: settings(operation).globalConcurrency ?? undefined,
      resumable: operations[operation].resumable,
    });
  } catch (error) {
    logger.warn({ error, taskId, operation }, 'claim failed');
    return 'unavailable';
  }
}

async function endOfRefused(
  dependencies: WorkerDependencies,
  reason: RefusedClaim,
  retryAfterMs: number,
): Promise<JobEnd> {
  if (reason === 'not_yet') return { next: 'again', delayMs: Math.max(retryAfterMs, 1) };
  if (reason === 'limit') return laterInThisSlot(dependencies);
  return { next: 'done', outcome: `refused: ${reason}` };
}

/**
 * What keeps this job from running mostly keeps all others of its lane from it. A slot that went on with them would ask the
 * store for each of thousands, every second: so it waits with this one. Then the others come first, as the reason may be this one's.
 */
async function laterInThisSlot({ logging }: WorkerDependencies): Promise<JobEnd> {
  await pause(logging.clock, lookAgainMs);
  return { next: 'again', delayMs: 1 };
}

async function runClaimed(dependencies: WorkerDependencies, task: TaskRecord, observed: ObservedRun): Promise<JobEnd> {
  const { logging, running } = dependencies;
  const { id: taskId, operation, storyId, attempt } = task;
  const logger = dependencies.logger.child({ taskId, operation, storyId, attempt });
  const startedAt = logging.clock.now();
  const log = await logTaskStart(logging, { claimed: task });
  running.add(log);
  observed.begun(log);
  logger.info('run started');
  try {
    const { timeoutSeconds } = dependencies.settings(operation);
    const run = { ...dependencies, llm: observed.llm, timeoutSeconds };
    const outcome = await runTask(run, log, observed.told);
    observed.ended(outcome);
    const { completion, error } = outcome;
    const durationMs = Math.round(logging.clock.now() - startedAt);
    const told = error === undefined ? {} : { error };
    logger.info({ ...told, outcome: completion.outcome, status: completion.task.status, durationMs }, 'run ended');
    return endOfRun(completion);
  } catch (error) {
    // The end could not be written. The lease runs out, and the reconciler mends the row.
    logger.error({ error }, 'the end of the run could not be written');
    return { next: 'done', outcome: 'unwritten' };
  } finally {
    running.remove(log);
  }
}

function endOfRun({ outcome, task }: Completion): JobEnd {
  if (outcome === 'released') return { next: 'again', delayMs: 0 };
  if (outcome === 'retrying')
    return { next: 'again', delayMs: Date.parse(task.availableAt) - Date.parse(task.updatedAt) };
  if (outcome === 'finished' && task.status === 'failed') return { next: 'failed', code: task.errorCode ?? 'INTERNAL' };
  return { next: 'done', outcome: outcome === 'finished' ? task.status : outcome };
}
