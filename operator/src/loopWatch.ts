/** Whether each loop of this process still turns: one that waits for ever would keep the leadership, and do nothing with it. */
import type { Clock } from '@story-tasks/contracts';
import type { Health, Logger } from '@story-tasks/runtime';
import { limits } from './limits.ts';

interface Ticking {
  tick(ending: () => boolean): Promise<unknown>;
}

interface Loop {
  stop(): Promise<void>;
}

/** The sign of life of one loop. */
export interface Pulse {
  beat(): void;
  /** Nothing is owed any more. */
  end(): void;
}

export class LoopWatch {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #beats = new Map<Pulse, { readonly name: string; at: number }>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  begin(name: string): Pulse {
    const beat = { name, at: this.#clock.now() };
    const pulse: Pulse = {
      beat: () => {
        beat.at = this.#clock.now();
      },
      end: () => void this.#beats.delete(pulse),
    };
    this.#beats.set(pulse, beat);
    return pulse;
  }

  /**
   * Starts a loop that shows a sign of life with each tick, and within it whenever it asks whether to end.
   * @param start starts it over what it is given
   */
  over(name: string, ticking: Ticking, start: (watched: Ticking) => Loop): Loop {
    const pulse = this.begin(name);
    const seen = <T>(work: () => T): T => {
      pulse.beat();
      return work();
    };
    const loop = start({ tick: (ending) => seen(() => ticking.tick(() => seen(ending))) });
    return {
      async stop() {
        // A tick that hangs is waited for, and still owes its sign of life.
        await loop.stop();
        pulse.end();
      },
    };
  }

  health(): Health {
    const now = this.#clock.now();
    const isSilent = ({ at }: { at: number }) => now - at > limits.silentLoopMs;
    const silentLoops = [...this.#beats.values()].filter(isSilent).map(({ name }) => name);
    if (silentLoops.length === 0) return { ok: true };
    this.#logger.error({ silentLoops }, 'loops hang: this process is to be started anew');
    return { ok: false, silentLoops };
  }
}
