/** Traces, when a collector is named. When none is, the SDK is not even loaded. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../logger.ts';

/** For the last spans, after everything else has stopped: a dead collector must not hold a shutdown up. */
const flushLimitMs = 1_000;

export interface Tracing {
  /** Sends what was not sent yet; within a second, whatever became of the collector. */
  stop(): Promise<void>;
}

/**
 * @param component of which the service's name is made, unless OTEL_SERVICE_NAME gives one
 * @param endpoint of the collector; the exporter itself reads it, with its headers and limits, from the environment
 */
export async function startTracing(component: string, endpoint: string | undefined, logger: Logger): Promise<Tracing> {
  if (endpoint === undefined) return { stop: async () => undefined };
  const { startSdk } = await import('./sdk.ts');
  const sdk = startSdk(component, logger);
  return {
    async stop() {
      const flushed = sdk.shutdown().catch(() => undefined);
      await Promise.race([flushed, sleep(flushLimitMs, undefined, { ref: false })]);
    },
  };
}
