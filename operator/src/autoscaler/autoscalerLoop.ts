/** Ticks at a steady pace, and as soon as a lane asks for more workers than there are. */
import type { Clock } from '@story-tasks/contracts';

export interface AutoscalerLoopDependencies {
  readonly autoscaler: {
    tick(ending: () => boolean): Promise<unknown>;
    hint(): Promise<boolean>;
    interrupt(): void;
  };
  /** Calls back when something happened in a lane; the answer ends that. */
  readonly onLaneEvents: (happened: () => void) => { stop(): Promise<void> };
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly isLeader: () => boolean;
}

export function autoscalerLoop(given: AutoscalerLoopDependencies): { stop(): Promise<void> } {
  const { autoscaler, clock, intervalMs } = given;
  let stopped = false;
  let wake = () => {};
  let isWoken = false;
  const ending = () => stopped || !given.isLeader();
  const rest = () =>
    new Promise<void>((resolve) => {
      const cancel = clock.after(isWoken ? 0 : intervalMs, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });
  const run = async (): Promise<void> => {
    while (!stopped) {
      isWoken = false;
      if (!ending()) await autoscaler.tick(ending);
      if (!stopped) await rest();
    }
  };
  const look = async (): Promise<void> => {
    if (ending() || !(await autoscaler.hint())) return;
    isWoken = true;
    wake();
  };
  const running = run();
  let looking: Promise<void> = Promise.resolve();
  const events = given.onLaneEvents(() => {
    looking = looking.then(look);
  });
  return {
    async stop() {
      stopped = true;
      autoscaler.interrupt();
      wake();
      await Promise.all([running, events.stop()]);
      // A reading under way would set the gauges after whoever leads no more has dropped them.
      await looking;
    },
  };
}
