import { runPlayerBundleTask } from './bundle/runPlayerBundleTask.ts';
import { generateStoryConstitution } from './constitution/generateStoryConstitution.ts';
import type { Runners } from './runContext.ts';
import { runWorkflowTask } from './workflow/runWorkflowTask.ts';

/** One runner for each name in the registry of operations. */
export const runners: Runners = { runWorkflowTask, generateStoryConstitution, runPlayerBundleTask };
