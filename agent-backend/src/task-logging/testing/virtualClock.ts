/** Time that passes when a test says so. */
import type { Clock } from '../clock.ts';

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  #now = 1_000;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { due: this.#now + Math.max(0, milliseconds), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many callbacks are still to come. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Lets so much time pass, with everything that falls due meanwhile and all that follows from it. */
  async pass(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    await settled();
    for (let next = this.#next(until); next; next = this.#next(until)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.callback();
      await settled();
    }
    this.#now = until;
  }

  #next(until: number): Timer | undefined {
    return [...this.#timers].filter((timer) => timer.due <= until).sort((a, b) => a.due - b.due)[0];
  }
}

/** Resolves once every promise that can go on without a timer has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
