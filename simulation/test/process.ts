/** A process in virtual time: it can be killed and frozen at any moment, and what it asked for comes back to it, or not. */
import type { Chance, Clock, World } from '@story-tasks/contracts';

type Fetch = typeof fetch;
type State = 'alive' | 'frozen' | 'dead';

export class SimulatedProcess implements World {
  readonly clock: Clock;
  readonly chance: Chance;
  /** How it reaches the record. */
  readonly fetch: Fetch;
  #state: State = 'alive';
  #held: (() => void)[] = [];
  #stop: { after: string; how: 'kill' | 'freeze' } | undefined;

  #stoodStillMs = 0;
  #frozenAt = 0;
  readonly #time: Clock;

  /**
   * @param world shared by all processes: one time, one chance
   * @param request answers once the store has
   */
  constructor(world: World, request: Fetch) {
    this.#time = world.clock;
    this.chance = world.chance;
    this.clock = {
      now: () => this.#time.now() - this.#stoodStillMs,
      date: () => this.#time.date(),
      after: (milliseconds, callback) => this.#after(milliseconds, callback),
    };
    this.fetch = (input, init) => this.#deliver(this.#stopAt(String(input), request(input, init)));
  }

  get alive(): boolean {
    return this.#state === 'alive';
  }

  /** Nothing more happens in it. What it has sent is not taken back. */
  kill(): void {
    this.#state = 'dead';
    this.#held = [];
  }

  /** As a machine that is suspended: its clock stands still too, so that it does not know when it wakes. */
  freeze(): void {
    this.#state = 'frozen';
    this.#frozenAt = this.#time.now();
  }

  thaw(): void {
    this.#state = 'alive';
    this.#stoodStillMs += this.#time.now() - this.#frozenAt;
    for (const go of this.#held.splice(0)) go();
  }

  /** Strikes it at the next call of this function of the record: when the record has committed, before the answer is back. */
  stopAfter(call: string, how: 'kill' | 'freeze'): void {
    this.#stop = { after: call, how };
  }

  /** Does it now, when it wakes, or never. */
  whenAlive(act: () => void): void {
    if (this.#state === 'alive') act();
    else if (this.#state === 'frozen') this.#held.push(act);
  }

  /** In this process's own time, which may have stood still since it was asked. */
  #after(milliseconds: number, callback: () => void): () => void {
    const due = this.clock.now() + milliseconds;
    let stop = () => {};
    const wait = () => {
      const left = due - this.clock.now();
      stop = this.#time.after(left, () => this.whenAlive(() => (due > this.clock.now() ? wait() : callback())));
    };
    wait();
    return () => stop();
  }

  async #stopAt<T>(url: string, answer: Promise<T>): Promise<T> {
    const value = await answer;
    const stop = this.#stop;
    if (stop && url.includes(stop.after)) {
      this.#stop = undefined;
      this[stop.how]();
    }
    return value;
  }

  #deliver<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      answer.then(
        (value) => this.whenAlive(() => resolve(value)),
        (error: unknown) => this.whenAlive(() => reject(error)),
      );
    });
  }
}
