/** Every call of the API. */
import type { Endpoint } from '../endpoint.ts';
import { cancelStoryTask } from './cancelStoryTask.ts';
import { createStory } from './createStory.ts';
import { createStoryTask } from './createStoryTask.ts';
import { getBundle } from './getBundle.ts';
import { getDocs } from './getDocs.ts';
import { getOpenApi } from './getOpenApi.ts';
import { getStory } from './getStory.ts';
import { getStoryTask } from './getStoryTask.ts';
import { listStoryTaskEvents } from './listStoryTaskEvents.ts';
import { listStoryTasks } from './listStoryTasks.ts';
import { retryStoryTask } from './retryStoryTask.ts';
import { startStoryTask } from './startStoryTask.ts';

export const endpoints: readonly Endpoint[] = [
  createStory,
  getStory,
  getBundle,
  createStoryTask,
  listStoryTasks,
  getStoryTask,
  listStoryTaskEvents,
  startStoryTask,
  cancelStoryTask,
  retryStoryTask,
  getOpenApi(() => endpoints),
  ...getDocs,
];
