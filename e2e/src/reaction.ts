/** How soon whoever sizes the workers reacts. */
import { createInterface } from 'node:readline';
import { expect } from 'vitest';
import { releaseName } from './release.ts';
import type { System } from './system.ts';
import { timeouts } from './timeouts.ts';

/** The Deployment's wanted number of workers over time, as the API server tells it. */
export class WantedReplicas {
  readonly #watch;
  readonly #changes: { readonly replicas: number; readonly at: number }[] = [];

  constructor({ kubectl }: System) {
    const path = 'jsonpath={.spec.replicas}{"\\n"}';
    this.#watch = kubectl.spawn(['get', 'deployment', `${releaseName}-worker`, '--watch', '-o', path]);
    createInterface({ input: this.#watch.stdout }).on('line', (line) => {
      const replicas = Number(line === '' ? 0 : line);
      if (this.#changes.at(-1)?.replicas !== replicas) this.#changes.push({ replicas, at: performance.now() });
    });
  }

  /** Ends when the API server told of it for the first time. */
  async known(): Promise<void> {
    await expect.poll(() => this.#changes.length, { timeout: timeouts.soon, interval: 20 }).toBeGreaterThan(0);
  }

  get present(): number {
    return this.#changes.at(-1)?.replicas ?? 0;
  }

  /** @returns when it first passed the figure after a moment, by this process's clock */
  async passed(figure: number, since: number): Promise<number> {
    const first = () => this.#changes.find(({ replicas, at }) => at >= since && replicas > figure)?.at;
    await expect.poll(first, { timeout: timeouts.scale, interval: 20 }).toBeDefined();
    return first() ?? Number.NaN;
  }

  /** The least since a moment, by this process's clock, the figure at that moment included. */
  least(since: number): number {
    const at = this.#changes.findLastIndex((change) => change.at <= since);
    return Math.min(...this.#changes.slice(Math.max(at, 0)).map(({ replicas }) => replicas));
  }

  stop(): void {
    this.#watch.kill();
  }
}

export interface Reaction {
  /** From the last create to the wanted number having been raised, in milliseconds. */
  readonly scaledMs: number;
  /** And to that many pods being ready. */
  readonly readyMs: number;
  /** From the end of the work to the least number of pods. */
  readonly downMs: number;
}

/**
 * A queue that is there at once, until it is worked off and its workers are gone. Waits first for those of earlier work to go.
 * @param stories of which each gets a task of one model call. @param least as many as there are without work
 */
export async function reactionTo(system: System, stories: readonly string[], least: number): Promise<Reaction> {
  const wanted = new WantedReplicas(system);
  try {
    await wanted.known();
    await expect.poll(() => wanted.present, { timeout: timeouts.scale, interval: 200 }).toBe(least);
    const since = performance.now();
    const taskIds = await Promise.all(stories.map((storyId) => system.constitutionTask(storyId)));
    const scaled = await wanted.passed(least, since);
    const ready = async () => (await system.readyPods('worker')).length;
    await expect.poll(ready, { timeout: timeouts.scale, interval: 100 }).toBeGreaterThan(least);
    const readyAt = performance.now();
    for (const taskId of taskIds) expect(await system.ended(taskId, 300_000)).toMatchObject({ status: 'succeeded' });
    const endedAt = performance.now();
    await expect.poll(() => wanted.present, { timeout: 300_000, interval: 200 }).toBe(least);
    return { scaledMs: scaled - since, readyMs: readyAt - since, downMs: performance.now() - endedAt };
  } finally {
    wanted.stop();
  }
}
