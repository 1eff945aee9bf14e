/** The domain's vocabulary, pure: no input or output, nothing of the other parts. */
export * from './api.ts';
export * from './errors.ts';
export * from './events.ts';
export * from './jobs.ts';
export * from './operations.ts';
export * from './settings.ts';
export * from './tasks.ts';
export * from './workerControl.ts';
export * from './world.ts';
