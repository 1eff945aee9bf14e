/** Ctrl-C during a run: the first one cancels the task, the second one ends the process. */
import type { Clock } from '@story-tasks/contracts';
import type { Host } from '@story-tasks/contracts/terminal';
import type { TaskLog } from '../task-logging/index.ts';
import { exitCodes } from './errors.ts';

/** Not SIGHUP: to listen for it would undo nohup. */
const endingSignals = ['SIGINT', 'SIGTERM'] as const;

/**
 * Signals this close together are one key press, in milliseconds: a terminal signals the whole process group, and npx,
 * which is in it, passes its own on.
 */
const onePressMs = 500;

export class Interruption {
  readonly #host: Host;
  readonly #clock: Clock;
  readonly #tell: (message: string) => void;
  #firstAt: number | undefined;
  #log: TaskLog | undefined;

  constructor(host: Host, clock: Clock, tell: (message: string) => void) {
    this.#host = host;
    this.#clock = clock;
    this.#tell = tell;
    for (const signal of endingSignals) host.signals.on(signal, this.#onSignal);
  }

  /** The run to cancel; one that was interrupted before it was there is cancelled now. */
  watch(log: TaskLog): void {
    this.#log = log;
    if (this.#firstAt !== undefined) log.cancel();
  }

  end(): void {
    for (const signal of endingSignals) this.#host.signals.off(signal, this.#onSignal);
  }

  readonly #onSignal = () => {
    const now = this.#clock.now();
    if (this.#firstAt === undefined) {
      this.#firstAt = now;
      this.#tell('Cancelling the task. Once more ends the process at once, and leaves the task to its lease.');
      this.#log?.cancel();
    } else if (now - this.#firstAt > onePressMs) {
      this.#host.exit(exitCodes.cancelled);
    }
  };
}
