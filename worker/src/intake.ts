/** What this worker takes from the lanes: as much as the settings say, and nothing while it is cordoned, or stops. */
import { type Clock, type Operation, operationNames, type WorkerControl } from '@story-tasks/contracts';
import type { LiveSettings } from '@story-tasks/runtime';
import { Cordon, type CordonOptions } from './cordon.ts';
import { decideSlots } from './decideSlots.ts';
import type { LanePool } from './lanePool.ts';
import type { LoopObservation } from './observedWorker.ts';
import type { RunningTasks } from './runningTasks.ts';

export interface IntakeOptions {
  readonly workerId: string;
  readonly live: Pick<LiveSettings, 'current' | 'subscribe'>;
  readonly running: Pick<RunningTasks, 'draining'>;
  readonly clock: Clock;
  readonly report: CordonOptions['report'];
}

/** @param onLeft told whenever a worker of the pool has left */
export type MakePool = (operation: Operation, slots: number, onLeft: () => void) => LanePool;

export class Intake {
  readonly #options: IntakeOptions;
  readonly #cordon: Cordon;
  readonly #endSubscription: () => void;
  #pools: readonly LanePool[] = [];

  constructor(options: IntakeOptions) {
    const { workerId, clock, report, live } = options;
    this.#options = options;
    const isIdle = () => this.#pools.every((pool) => pool.isEmpty);
    this.#cordon = new Cordon({ workerId, clock, report, isIdle, onChange: () => this.#resize() });
    this.#endSubscription = live.subscribe(() => this.#resize());
  }

  /** Of an operation, at this moment. */
  slots(operation: Operation): number {
    const { running, live } = this.#options;
    const settings = live.current().settings[operation];
    return decideSlots({ draining: running.draining, cordoned: this.#cordon.active, settings });
  }

  /** Begins to take jobs, unless the worker stops already. */
  open(makePool: MakePool): void {
    if (this.#options.running.draining) return;
    const onLeft = () => this.#cordon.workChanged();
    this.#pools = operationNames.map((operation) => makePool(operation, this.slots(operation), onLeft));
  }

  hear(message: WorkerControl): void {
    this.#cordon.hear(message);
  }

  /** The loops that should turn: none of a lane that is paused, of a cordoned worker, or of one that stops. */
  observe(): LoopObservation[] {
    return this.#options.running.draining ? [] : this.#pools.flatMap((pool) => pool.observe());
  }

  /** Takes nothing more. @returns resolves when what was taken is done */
  async close(): Promise<void> {
    this.#endSubscription();
    this.#cordon.stop();
    await Promise.all(this.#pools.map((pool) => pool.close()));
  }

  #resize(): void {
    for (const pool of this.#pools) pool.resize(this.slots(pool.operation));
  }
}
