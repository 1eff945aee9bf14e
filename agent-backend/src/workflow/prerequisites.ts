/** What each workflow task needs before it can begin. */
import type { WorkflowTask } from '@story-tasks/contracts';
import { checkScript } from '../documents/checkScript.ts';
import type { Constitution, Outline, Stored, StoryWork } from '../documents/documents.ts';
import { PrerequisiteMissingError } from './errors.ts';

/** @throws PrerequisiteMissingError naming CREATE_CONSTITUTION */
export function requireConstitution(task: WorkflowTask, work: StoryWork): Stored<Constitution> {
  if (!work.constitution) throw new PrerequisiteMissingError(task, 'CREATE_CONSTITUTION');
  return work.constitution;
}

/** The outline of a script that is complete. @throws PrerequisiteMissingError naming CREATE_INTERACTIVE_SCRIPT */
export function requireScript(task: WorkflowTask, work: StoryWork): Stored<Outline> {
  if (!work.outline || checkScript(work.outline, work.scenelets).unwritten.length > 0) {
    throw new PrerequisiteMissingError(task, 'CREATE_INTERACTIVE_SCRIPT');
  }
  return work.outline;
}
