/** The reconciler and its parts, for the simulation: time, store and lanes come from outside. */
export { lostRuns } from './lostRuns.ts';
export { orphanedJobs } from './orphanedJobs.ts';
export { queuedRows } from './queuedRows.ts';
export { everyTick, Reconciler } from './reconciler.ts';
