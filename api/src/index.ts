/** A task's way into its lane and its cancellation, for the simulation: store, lanes and bus come from outside. */
export type { ApiDependencies } from './dependencies.ts';
export { cancelTask } from './tasks/cancellation.ts';
export { placeNewTask } from './tasks/lanePlacement.ts';
