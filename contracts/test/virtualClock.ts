/** Time that passes when a test says so. */
import type { Clock } from '../src/index.ts';

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** Of the zero of its time, in milliseconds since the epoch. */
const started = Date.parse('2026-11-22T12:00:00Z');

export class VirtualClock implements Clock {
  #now = 1_000;
  readonly #timers = new Set<Timer>();
  readonly #settle: () => Promise<void>;

  /** @param settle resolves once all that can go on without more time has gone on */
  constructor(settle = settled) {
    this.#settle = settle;
  }

  now(): number {
    return this.#now;
  }

  date(): number {
    return started + this.#now;
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
    await this.#settle();
    for (let next = this.#next(until); next; next = this.#next(until)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.callback();
      await this.#settle();
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
