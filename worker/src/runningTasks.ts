/** The runs of this process, so that a cancellation and a shutdown find them. */
import { ShutdownError, type TaskLog } from '@story-tasks/agent-backend';
import type { Clock } from '@story-tasks/contracts';

export class RunningTasks {
  readonly #logs = new Map<string, TaskLog>();
  #draining = false;
  readonly #idle = Promise.withResolvers<void>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#logs.size;
  }

  /** True from the moment the process was told to stop: nothing more is claimed. */
  get draining(): boolean {
    return this.#draining;
  }

  add(log: TaskLog): void {
    this.#logs.set(log.task.id, log);
    if (this.#draining) log.drain();
  }

  /** A later attempt at the same task may have its place by now, and keeps it. */
  remove(log: TaskLog): void {
    if (this.#logs.get(log.task.id) === log) this.#logs.delete(log.task.id);
    this.#tellIdle();
  }

  cancel(taskId: string): void {
    this.#logs.get(taskId)?.cancel();
  }

  /**
   * Lets each run go on to its next persisted step; what has not reached one after the limit is aborted.
   * @returns resolves when no run is left
   */
  drain(limitMs: number): Promise<void> {
    this.#draining = true;
    this.#tellIdle();
    for (const log of this.#logs.values()) log.drain();
    const stop = this.#clock.after(limitMs, () => {
      for (const log of this.#logs.values()) log.abort(new ShutdownError());
    });
    return this.#idle.promise.finally(stop);
  }

  #tellIdle(): void {
    if (this.#draining && this.#logs.size === 0) this.#idle.resolve();
  }
}
