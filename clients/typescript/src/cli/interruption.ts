/** Ctrl-C: the first breaks off what this process does, which is to ask and to watch; the second ends it at once. */

import type { Host } from '@story-tasks/contracts/terminal';
import { exitCodes, InterruptedError } from './errors.ts';

/** Not SIGHUP: to listen for it would undo nohup. */
const endingSignals = ['SIGINT', 'SIGTERM'] as const;

/**
 * Signals this close together are one key press, in milliseconds: a terminal signals the whole process group, and npx,
 * which is in it, passes its own on.
 */
const onePressMs = 500;

/** @returns aborts with an InterruptedError */
export function untilInterrupted({ signals, exit }: Host): AbortSignal {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const interrupt = () => {
    firstAt ??= performance.now();
    controller.abort(new InterruptedError());
    if (performance.now() - firstAt > onePressMs) exit(exitCodes.interrupted);
  };
  for (const signal of endingSignals) signals.on(signal, interrupt);
  return controller.signal;
}
