export * from './clock.ts';
export * from './errors.ts';
export * from './eventBatcher.ts';
export * from './taskLogging.ts';
