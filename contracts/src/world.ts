/** Time and chance, handed in to whatever acts by them, so that a test or a simulator decides both. */

export interface Clock {
  /** Milliseconds on a clock that never goes back; its zero means nothing. For how long something takes. */
  now(): number;
  /** Milliseconds since the epoch, as this machine has it. Only for what is set against a date that somebody wrote. */
  date(): number;
  /** Calls back once, after at least so many milliseconds; the answer takes the call back. */
  after(milliseconds: number, callback: () => void): () => void;
}

export interface Chance {
  /** At least 0, below 1. */
  fraction(): number;
  /** An id that nobody else makes. */
  uuid(): string;
}

export interface World {
  readonly clock: Clock;
  readonly chance: Chance;
}

export const systemWorld: World = {
  clock: {
    now: () => performance.now(),
    date: Date.now,
    after(milliseconds, callback) {
      const timer = setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
  },
  chance: { fraction: Math.random, uuid: () => crypto.randomUUID() },
};

/** Resolves after so many milliseconds. @throws the signal's reason, as soon as it is aborted */
export function pause(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const aborted = () => {
      stop();
      reject(signal?.reason as Error);
    };
    const stop = clock.after(milliseconds, () => {
      signal?.removeEventListener('abort', aborted);
      resolve();
    });
    signal?.addEventListener('abort', aborted, { once: true });
  });
}
