/** Observe, decide, apply, one bounded page a tick: the shell around the reconciler's decision. */
import type { TaskRecord } from '@story-tasks/contracts';
import type { Lanes, Logger } from '@story-tasks/runtime';
import type { StoryTasksRepository } from '@story-tasks/supabase';
import { decideEnqueue, type QueuedObservation } from './decideEnqueue.ts';

export interface ReconcilerDependencies {
  readonly tasks: Pick<StoryTasksRepository, 'listQueued'>;
  readonly lanes: Pick<Lanes, 'hasJob' | 'enqueue'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly logger: Logger;
}

/** Rows a tick; the next tick goes on behind them. */
const pageSize = 200;

export class Reconciler {
  readonly #dependencies: ReconcilerDependencies;
  #after: string | null = null;

  constructor(dependencies: ReconcilerDependencies) {
    this.#dependencies = dependencies;
  }

  /** @returns how many jobs were added */
  async tick(): Promise<number> {
    const { tasks, now } = this.#dependencies;
    const page = await tasks.listQueued(this.#after, pageSize);
    this.#after = page.length < pageSize ? null : (page.at(-1)?.id ?? null);
    const observed = await Promise.all(page.map((task) => this.#observe(task)));
    const actions = decideEnqueue(observed, now());
    for (const { task, delayMs } of actions) await this.#enqueue(task, delayMs);
    return actions.length;
  }

  async #observe(task: TaskRecord): Promise<QueuedObservation> {
    const hasJob = await this.#dependencies.lanes.hasJob(task).catch(() => null);
    return { task, hasJob };
  }

  async #enqueue(task: TaskRecord, delayMs: number): Promise<void> {
    const { id: taskId, operation, storyId } = task;
    await this.#dependencies.lanes.enqueue(task, delayMs);
    this.#dependencies.logger.info({ taskId, operation, storyId }, 'a queued task had no job; added it');
  }
}

/** Ticks until stopped; a tick that fails is logged, and the next one tries again. */
export function everyTick(reconciler: Reconciler, intervalMs: number, logger: Logger): { stop(): Promise<void> } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const tick = async () => {
    try {
      await reconciler.tick();
    } catch (error) {
      logger.warn({ error }, 'reconcile failed');
    }
    if (!stopped) timer = setTimeout(start, intervalMs);
  };
  const start = () => {
    running = tick();
  };
  start();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
