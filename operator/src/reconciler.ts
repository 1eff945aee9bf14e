/** The reconciler: its parts one after the other, each bounded, and none in another's way. */
import type { Clock, Operation } from '@story-tasks/contracts';
import type { Logger, Metrics } from '@story-tasks/runtime';

/** What the reconciler does to a task or its job, as it is counted and logged. */
const actions = {
  requeued: 'a run lost its worker; the task is queued again',
  lost: 'a run lost its worker; the task failed',
  cancelled: 'a run that was asked to stop lost its worker; the task is cancelled',
  enqueued: 'a queued task had no job; added it',
  job_removed: 'a job had no task to run; removed it',
  purged: 'a task was kept for long enough; deleted it',
} as const;
export type ReconcileAction = keyof typeof actions;

/** @returns what counts an action */
export function countActions(metrics: Metrics): (action: ReconcileAction) => void {
  const reconciled = metrics.counter('story_tasks_reconciled_total');
  for (const action of Object.keys(actions)) reconciled.inc({ action }, 0);
  return (action) => reconciled.inc({ action });
}

/** Told each action as soon as it is done, so that what a failure cut off still counts. */
export type Done = (
  action: ReconcileAction,
  task: { readonly id: string; readonly operation: Operation; readonly storyId?: string | null },
) => void;

/** One thing that the reconciler sees to: observes, decides and applies, with a bound on the work of one tick. */
export interface ReconcilePart {
  readonly name: string;
  run(done: Done): Promise<void>;
}

export class Reconciler {
  readonly #parts: readonly ReconcilePart[];
  readonly #logger: Logger;
  readonly #count: (action: ReconcileAction) => void;

  constructor(parts: readonly ReconcilePart[], logger: Logger, count: (action: ReconcileAction) => void) {
    this.#parts = parts;
    this.#logger = logger;
    this.#count = count;
  }

  /**
   * @param ending true: the parts that have not begun are left to the next process, so that a shutdown waits for one alone
   * @returns how often each action was done
   */
  async tick(ending: () => boolean = () => false): Promise<Partial<Record<ReconcileAction, number>>> {
    const counts: Partial<Record<ReconcileAction, number>> = {};
    const done: Done = (action, { id: taskId, operation, storyId }) => {
      counts[action] = (counts[action] ?? 0) + 1;
      this.#count(action);
      this.#logger.info({ action, taskId, operation, storyId }, actions[action]);
    };
    for (const part of this.#parts) {
      if (!ending()) await this.#run(part, done);
    }
    return counts;
  }

  async #run(part: ReconcilePart, done: Done): Promise<void> {
    try {
      await part.run(done);
    } catch (error) {
      this.#logger.warn({ error, part: part.name }, 'a part of the reconciler failed');
    }
  }
}

interface Ticking {
  /** @param ending true once the loop was told to stop */
  tick(ending: () => boolean): Promise<unknown>;
}

/** Passes over ticks at which it may not act: of a record from before this code it knows nothing for sure. */
export function tickingWhen(allowed: () => Promise<boolean>, ticking: Ticking): Ticking {
  return {
    async tick(ending) {
      if (await allowed()) await ticking.tick(ending);
    },
  };
}

/**
 * Ticks until stopped.
 * @param ticking whose tick never rejects
 * @param mayAct asked before each tick and, as `ending`, within it: false, and the tick is left out
 */
export function everyTick(
  ticking: Ticking,
  intervalMs: number,
  clock: Clock,
  mayAct = () => true,
): { stop(): Promise<void> } {
  let stopped = false;
  let cancelNext = () => {};
  let running: Promise<void> = Promise.resolve();
  const tick = async () => {
    if (mayAct()) await ticking.tick(() => stopped || !mayAct());
    if (!stopped) cancelNext = clock.after(intervalMs, start);
  };
  const start = () => {
    running = tick();
  };
  start();
  return {
    async stop() {
      stopped = true;
      cancelNext();
      await running;
    },
  };
}
