/** What every process needs once. */
export * from './cancellationBus.ts';
export * from './environment.ts';
export * from './eventBus.ts';
export * from './laneEvents.ts';
export * from './lanes.ts';
export * from './logger.ts';
export * from './opsServer.ts';
export * from './process.ts';
export * from './readiness.ts';
export * from './redis.ts';
export * from './redisFitness.ts';
