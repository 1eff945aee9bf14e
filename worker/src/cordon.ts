/**
 * The worker's end of a cordon. The operator asks before it takes a worker away; a cordoned one claims nothing, and says
 * whether anything is in flight. It ends by itself: an operator that died must leave no worker idle.
 */
import type { Clock, WorkerControl, WorkerReport } from '@story-tasks/contracts';

/** One cordon, by the clock of this worker. */
export interface CordonState {
  readonly token: string;
  readonly endsAt: number;
}

/**
 *   heard                       then
 *   cordon that names us        cordoned from now on, under its token; asked again, it begins anew
 *   uncordon that names us      not cordoned
 *   anything of others          as before
 */
export function decideCordon(
  before: CordonState | null,
  heard: WorkerControl,
  workerId: string,
  now: number,
): CordonState | null {
  if (!heard.workerIds.includes(workerId)) return before;
  return heard.command === 'cordon' ? { token: heard.token, endsAt: now + heard.forMs } : null;
}

export interface CordonOptions {
  readonly workerId: string;
  readonly clock: Clock;
  /** No claim and no run is under way, and none can begin while the cordon lasts. */
  readonly isIdle: () => boolean;
  /** A report may be lost; the operator asks again. */
  readonly report: (report: WorkerReport) => void;
  /** The cordon began or ended. */
  readonly onChange: () => void;
}

export class Cordon {
  readonly #options: CordonOptions;
  #state: CordonState | null = null;
  /** Of the latest report under the present token. */
  #reported: boolean | undefined;
  #cancelEnd = () => {};

  constructor(options: CordonOptions) {
    this.#options = options;
  }

  get active(): boolean {
    return this.#state !== null;
  }

  hear(message: WorkerControl): void {
    const { workerId, clock } = this.#options;
    this.#become(decideCordon(this.#state, message, workerId, clock.now()));
  }

  /** Something began or ended in this worker: tells the operator when that makes it idle, or not idle. */
  workChanged(): void {
    if (this.#state === null) return;
    const idle = this.#options.isIdle();
    if (idle === this.#reported) return;
    this.#reported = idle;
    this.#options.report({ token: this.#state.token, workerId: this.#options.workerId, idle });
  }

  stop(): void {
    this.#cancelEnd();
  }

  #become(next: CordonState | null): void {
    if (next === this.#state) return;
    const { clock, onChange } = this.#options;
    this.#cancelEnd();
    this.#state = next;
    this.#reported = undefined;
    this.#cancelEnd = next === null ? () => {} : clock.after(next.endsAt - clock.now(), () => this.#become(null));
    onChange();
    this.workChanged();
  }
}
