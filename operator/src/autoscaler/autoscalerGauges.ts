/** The workers as the autoscaler saw them last; what it could not see has no figure. */
import type { Metrics } from '@story-tasks/runtime';

interface Figures {
  readonly desired: number | null;
  readonly current: number | null;
  readonly busy: number | null;
}

export class AutoscalerGauges {
  readonly #replicas;

  constructor(metrics: Metrics) {
    this.#replicas = metrics.gauge('story_tasks_autoscaler_replicas');
  }

  set(figures: Figures): void {
    for (const [kind, figure] of Object.entries(figures)) {
      if (figure === null) this.#replicas.remove({ kind });
      else this.#replicas.set({ kind }, figure);
    }
  }

  /** Somebody else has them to tell. */
  drop(): void {
    this.#replicas.reset();
  }
}
