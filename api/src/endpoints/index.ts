/** Every call of the API. */
import type { Endpoint } from '../endpoint.ts';
import { cancelStoryTask } from './cancelStoryTask.ts';
import { createStory } from './createStory.ts';
import { createStoryTask } from './createStoryTask.ts';
import { getBundle } from './getBundle.ts';
import { getStory } from './getStory.ts';
import { getStoryTask } from './getStoryTask.ts';

export const endpoints: readonly Endpoint[] = [
  createStory,
  getStory,
  getBundle,
  createStoryTask,
  getStoryTask,
  cancelStoryTask,
];
