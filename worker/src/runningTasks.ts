/** The runs of this process, so that a cancellation and a shutdown find them. */
import { ShutdownError, type TaskLog } from '@story-tasks/agent-backend';

export class RunningTasks {
  readonly #logs = new Map<string, TaskLog>();
  #draining = false;

  get count(): number {
    return this.#logs.size;
  }

  add(log: TaskLog): void {
    this.#logs.set(log.task.id, log);
    if (this.#draining) log.drain();
  }

  remove(taskId: string): void {
    this.#logs.delete(taskId);
  }

  cancel(taskId: string): void {
    this.#logs.get(taskId)?.cancel();
  }

  /** Lets each run go on to its next persisted step; what has not reached one after the limit is aborted. */
  drain(limitMs: number): void {
    this.#draining = true;
    for (const log of this.#logs.values()) log.drain();
    setTimeout(() => {
      for (const log of this.#logs.values()) log.abort(new ShutdownError());
    }, limitMs).unref();
  }
}
