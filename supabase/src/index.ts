/** The system of record, through Supabase. */
export * from './bundles/index.ts';
export * from './client.ts';
export * from './errors.ts';
export * from './reconcileRepository.ts';
export { recordOf } from './rows.ts';
export * from './sceneletsRepository.ts';
export * from './storiesRepository.ts';
export * from './storyTasksRepository.ts';
