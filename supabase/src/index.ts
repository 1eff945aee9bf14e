/** The system of record, through Supabase. */
export * from './client.ts';
export * from './errors.ts';
export * from './sceneletsRepository.ts';
export * from './storiesRepository.ts';
export * from './storyTasksRepository.ts';
