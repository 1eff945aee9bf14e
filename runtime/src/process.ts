/** A process from its start to its end: one place knows about signals, so that only `main.ts` exits. */
import { hostname } from 'node:os';
import { CodedError } from '@story-tasks/contracts';
import type { z } from 'zod';
import { EnvironmentError, type processEnvironment, readEnvironment } from './environment.ts';
import { createLogger, type Logger } from './logger.ts';
import { startTracing } from './tracing/tracing.ts';

/** What a started component is stopped with. */
export interface Component {
  stop(): Promise<void>;
  /** Rejects when the component cannot do its work and never will; the process ends at once then. */
  readonly failure?: Promise<never>;
}

/** Of work that the process must not end without: its failure is the component's, and its success nobody waits for. */
export function failureOf(work: Promise<unknown>): Promise<never> {
  const failure = work.then(() => new Promise<never>(() => undefined));
  // Whoever stops before it fails is told nothing more.
  failure.catch(() => undefined);
  return failure;
}

/** Name of this process on tasks: the pod's, or the host's with the process id. */
export function processName(podName: string | undefined): string {
  return podName ?? `${hostname()}-${process.pid}`;
}

export interface ProcessDefinition<S extends z.ZodObject> {
  readonly name: string;
  readonly settings: S;
  readonly start: (settings: z.output<S>, logger: Logger) => Promise<Component>;
  /** After this, in milliseconds, the process ends with what is left undone; the lease path mends that. */
  readonly stopWithinMs: (settings: z.output<S>) => number;
}

type ProcessSettings = Pick<z.output<typeof processEnvironment>, 'LOG_LEVEL' | 'OTEL_EXPORTER_OTLP_ENDPOINT'>;

/**
 * Reads the settings, starts the component, waits for SIGTERM or SIGINT, stops it.
 * @returns the exit code: 0 stopped in time, 1 not, or could not start or go on; 2 the settings do not fit
 */
export async function runProcess<S extends z.ZodObject & { _zod: { output: ProcessSettings } }>(
  definition: ProcessDefinition<S>,
): Promise<number> {
  try {
    const settings = readEnvironment(definition.settings);
    const logger = createLogger(definition.name, settings.LOG_LEVEL);
    const tracing = await startTracing(definition.name, settings.OTEL_EXPORTER_OTLP_ENDPOINT, logger);
    const start = () => definition.start(settings, logger);
    const code = await runUntilSignal(logger, start, definition.stopWithinMs(settings));
    await tracing.stop();
    return code;
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    createLogger(definition.name).fatal(error.message);
    return 2;
  }
}

async function runUntilSignal(logger: Logger, start: () => Promise<Component>, stopWithinMs: number): Promise<number> {
  const signalled = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => resolve(signal));
  });
  try {
    const component = await start();
    // Since this process began, its imports included.
    logger.info({ afterMs: Math.round(performance.now()) }, 'started');
    const signal = await Promise.race([signalled, ...(component.failure ? [component.failure] : [])]);
    logger.info({ signal }, 'stopping');
    const stopped = await Promise.race([component.stop().then(() => true), late(stopWithinMs)]);
    logger.info({ complete: stopped }, 'stopped');
    return stopped ? 0 : 1;
  } catch (error) {
    // Settings that fit one by one, and not together, are told as any that do not fit.
    if (error instanceof EnvironmentError) throw error;
    logger.fatal({ error }, error instanceof CodedError ? error.message : 'could not start, or not go on');
    return 1;
  }
}

function late(milliseconds: number): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), milliseconds).unref();
  });
}
