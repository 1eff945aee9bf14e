/** The faults of one link as they stand, and whoever waits for them to end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Disturbance, type LinkFaults, noFaults, type Tap } from './link.ts';

export class FaultState {
  /** When messages may have been broken. */
  readonly disturbances: Disturbance[] = [];
  /** When they may have been broken or late. */
  readonly delays: Disturbance[] = [];
  readonly #random: () => number;
  #faults = noFaults;
  /** The longest that a message may still be under way since it was let go, in milliseconds. */
  #longestMs = 0;
  #opened = Promise.withResolvers<void>();
  messages = 0;
  tap: Tap | undefined;

  constructor(random: () => number) {
    this.#random = random;
  }

  get faults(): LinkFaults {
    return this.#faults;
  }

  set(faults: LinkFaults): void {
    this.#faults = faults;
    this.#longestMs = Math.max(this.#longestMs, faults.latencyMs);
    if (!faults.blackHole) {
      this.#opened.resolve();
      this.#opened = Promise.withResolvers();
    }
    const disturbing = faults.resetChance > 0 || faults.blackHole || faults.refuse;
    note(this.disturbances, disturbing);
    note(this.delays, disturbing || faults.latencyMs > 0);
  }

  /** Of something that broke, at one moment, all messages that were under way. */
  disturbed(): void {
    const now = Date.now();
    for (const list of [this.disturbances, this.delays]) list.push({ from: now - this.#longestMs, to: now });
  }

  /** Waits as long as the faults ask for. @returns false when the connection breaks instead */
  async admit(): Promise<boolean> {
    this.messages += 1;
    while (this.#faults.blackHole) await this.#opened.promise;
    const { latencyMs, resetChance } = this.#faults;
    if (resetChance > 0 && this.#random() < resetChance) return false;
    if (latencyMs > 0) await sleep(latencyMs);
    return true;
  }
}

function note(list: Disturbance[], begins: boolean): void {
  const last = list.at(-1);
  const open = last?.to === Number.POSITIVE_INFINITY;
  if (open && !begins) last.to = Date.now();
  if (!open && begins) list.push({ from: Date.now(), to: Number.POSITIVE_INFINITY });
}
