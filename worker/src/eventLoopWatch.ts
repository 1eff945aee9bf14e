/** Notices when the event loop stood still: blocked by a long computation, or the whole process frozen. */

export interface Stall {
  readonly milliseconds: number;
  /** By the monotonic clock. */
  readonly endedAt: number;
}

const tickMs = 500;

export class EventLoopWatch {
  readonly #limitMs: number;
  #tickedAt: number;
  #stall: Stall | null = null;

  /** @param limitMs what is shorter is passed over */
  constructor(limitMs: number, now: number) {
    this.#limitMs = limitMs;
    this.#tickedAt = now;
  }

  /** The last one that is known. Whoever asks first after a stall may come before the tick that would have seen it. */
  stall(now: number): Stall | null {
    this.tick(now);
    return this.#stall;
  }

  tick(now: number): void {
    const late = now - this.#tickedAt - tickMs;
    if (late > this.#limitMs) this.#stall = { milliseconds: Math.round(late), endedAt: now };
    this.#tickedAt = now;
  }
}

/** Watches this process until it ends. */
export function watchEventLoop(limitMs: number): EventLoopWatch {
  const watch = new EventLoopWatch(limitMs, performance.now());
  setInterval(() => watch.tick(performance.now()), tickMs).unref();
  return watch;
}
