/** The system of record, through Supabase. */
export { announcingReconcileRepository, announcingRepository } from './announcingRepository.ts';
export * from './bundles/index.ts';
export {
  askStore,
  type Call,
  callFunction,
  connectStore,
  probeStore,
  type Store,
  type StoreSettings,
} from './client.ts';
export * from './errors.ts';
export { makeFolder } from './makeFolder.ts';
export { observedRepository, type TaskChange } from './observedRepository.ts';
export * from './reconcileRepository.ts';
export { recordOf } from './rows.ts';
export * from './sceneletsRepository.ts';
export * from './schema.ts';
export * from './storiesRepository.ts';
export * from './storyTaskListings.ts';
export * from './storyTasksRepository.ts';
export * from './throughputRepository.ts';
export * from './workersRepository.ts';
