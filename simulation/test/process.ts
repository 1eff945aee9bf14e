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

  /**
   * @param world shared by all processes: one time, one chance
   * @param request answers once the store has
   */
  constructor(world: World, request: Fetch) {
    const { clock } = world;
    this.chance = world.chance;
    this.clock = { ...clockOf(clock), after: (ms, callback) => clock.after(ms, () => this.whenAlive(callback)) };
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

  /** Stands still, while time goes on and answers wait for it. */
  freeze(): void {
    this.#state = 'frozen';
  }

  thaw(): void {
    this.#state = 'alive';
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

function clockOf(clock: Clock): Pick<Clock, 'now' | 'date'> {
  return { now: () => clock.now(), date: () => clock.date() };
}
