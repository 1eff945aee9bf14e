/** What every process needs once. */
export * from './cancellationBus.ts';
export * from './environment.ts';
export * from './eventBus.ts';
export * from './laneEvents.ts';
export type * from './laneReadings.ts';
export * from './lanes.ts';
export * from './logger.ts';
export * from './metrics/errorCodes.ts';
export * from './metrics/laneGauges.ts';
export * from './metrics/metrics.ts';
export * from './metrics/taskEnds.ts';
export * from './opsServer.ts';
export * from './process.ts';
export * from './readiness.ts';
export * from './redis.ts';
export * from './redisFitness.ts';
export * from './tracing/spans.ts';
export * from './workerControl.ts';
