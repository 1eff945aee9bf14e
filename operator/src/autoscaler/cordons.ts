/** Asks workers to claim nothing, and hears which of them do nothing. A worker that does not answer is taken for one at work. */
import { pause, type WorkerControl, type WorkerReport, type World } from '@story-tasks/contracts';

export interface CordonsDependencies {
  /** To all workers. Rejects when Redis is away. */
  readonly publish: (message: WorkerControl) => Promise<unknown>;
  readonly world: World;
}

/** Longer than a scale mostly takes to be carried out; begun anew while it is not. */
const cordonMs = 30_000;
/** Before its end: a scale that was asked for by then has surely been carried out, or refused, while the cordon lasts. */
const scaleWithinMs = 10_000;
/** A message may be lost: asked again after so long. */
const askAgainMs = 1_000;

export class Cordons {
  readonly #publish: CordonsDependencies['publish'];
  readonly #world: World;
  #token = '';
  #askedAt = Number.NEGATIVE_INFINITY;
  readonly #idle = new Map<string, boolean>();
  #heard = () => {};

  constructor({ publish, world }: CordonsDependencies) {
    this.#publish = publish;
    this.#world = world;
  }

  /** What a worker says; an answer to an earlier question says nothing about now. */
  report({ token, workerId, idle }: WorkerReport): void {
    if (token !== this.#token) return;
    this.#idle.set(workerId, idle);
    this.#heard();
  }

  /** By the latest that it said since it was asked; later than that a cordon may have ended, and nobody says so. */
  isIdle(workerId: string): boolean {
    const isFresh = this.#world.clock.now() < this.#askedAt + cordonMs - scaleWithinMs;
    return isFresh && (this.#idle.get(workerId) ?? false);
  }

  /**
   * Resolves when all have confirmed, when the time is up, or when it is interrupted; `isIdle` says what came of it.
   * @param signal interrupts
   */
  async ask(workerIds: readonly string[], withinMs: number, signal: AbortSignal): Promise<void> {
    this.#idle.clear();
    this.#token = this.#world.chance.uuid();
    this.#askedAt = this.#world.clock.now();
    const done = new AbortController();
    const confirmed = new Promise<void>((resolve) => {
      this.#heard = () => workerIds.every((workerId) => this.isIdle(workerId)) && resolve();
    });
    this.#heard();
    const ends = AbortSignal.any([signal, done.signal]);
    const late = pause(this.#world.clock, withinMs, ends).catch(() => undefined);
    void this.#keepAsking(workerIds, ends);
    await Promise.race([confirmed, late]);
    done.abort();
  }

  /** The workers go on claiming nothing. */
  async renew(workerIds: readonly string[]): Promise<void> {
    if (workerIds.length === 0) return;
    const message = { command: 'cordon', token: this.#token || this.#world.chance.uuid(), forMs: cordonMs } as const;
    await this.#publish({ ...message, workerIds: [...workerIds] }).catch(() => undefined);
  }

  /** The workers claim again. Lost, it is not missed for long: a cordon ends by itself. */
  async lift(workerIds: readonly string[]): Promise<void> {
    if (workerIds.length === 0) return;
    await this.#publish({ command: 'uncordon', workerIds: [...workerIds] }).catch(() => undefined);
  }

  async #keepAsking(workerIds: readonly string[], ends: AbortSignal): Promise<void> {
    while (!ends.aborted) {
      await this.renew(workerIds);
      await pause(this.#world.clock, askAgainMs, ends).catch(() => undefined);
    }
  }
}
