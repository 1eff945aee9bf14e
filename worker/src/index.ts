/** What a run of the worker is made of, for the simulation: time, chance, store, lanes and bus come from outside. */
export { type JobEnd, processJob, type WorkerDependencies } from './processJob.ts';
export { retryAfterMs } from './retryAfter.ts';
export { RunningTasks } from './runningTasks.ts';
export { RunObserver } from './runObserver.ts';
