export * from './errors.ts';
export * from './eventBatcher.ts';
export * from './logTask.ts';
export * from './taskLog.ts';
export * from './taskLogging.ts';
