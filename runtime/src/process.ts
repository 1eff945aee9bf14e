/** A process from its start to its end: one place knows about signals, so that only `main.ts` exits. */
import { hostname } from 'node:os';
import { CodedError } from '@story-tasks/contracts';
import { type Logger, loggedError } from './logger.ts';

/** What a started component is stopped with. */
export interface Component {
  stop(): Promise<void>;
}

/** Name of this process on tasks: the pod's, or the host's with the process id. */
export function processName(podName: string | undefined): string {
  return podName ?? `${hostname()}-${process.pid}`;
}

/**
 * Starts a component, waits for SIGTERM or SIGINT, stops it.
 * @param stopWithinMs after this the process ends with what is left undone; the lease path mends that
 * @returns the exit code
 */
export async function runUntilSignal(
  logger: Logger,
  start: () => Promise<Component>,
  stopWithinMs: number,
): Promise<number> {
  const signalled = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => resolve(signal));
  });
  try {
    const component = await start();
    const signal = await signalled;
    logger.info({ signal }, 'stopping');
    const stopped = await Promise.race([component.stop().then(() => true), late(stopWithinMs)]);
    logger.info({ complete: stopped }, 'stopped');
    return stopped ? 0 : 1;
  } catch (error) {
    const told = error instanceof CodedError ? error.message : undefined;
    logger.fatal({ error: loggedError(error) }, told ?? 'could not start');
    return 1;
  }
}

function late(milliseconds: number): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), milliseconds).unref();
  });
}
