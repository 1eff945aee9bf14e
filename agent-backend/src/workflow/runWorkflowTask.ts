/** RUN_WORKFLOW_TASK: loads what the story has, and makes only what the named workflow task finds missing. */
import type { WorkflowTask } from '@story-tasks/contracts';
import type { StoryWork } from '../documents/documents.ts';
import type { RunContext, Runner } from '../runContext.ts';
import { createAudioDesign } from './createAudioDesign.ts';
import { createConstitution } from './createConstitution.ts';
import { createInteractiveScript } from './createInteractiveScript.ts';
import { createShotList } from './createShotList.ts';
import { createVisualDesign } from './createVisualDesign.ts';
import { takeOver } from './takeOver.ts';
import { beginRun, tell, type WorkflowRun } from './workflowRun.ts';

type WorkflowTaskFunction = (run: WorkflowRun, work: StoryWork) => Promise<Record<string, unknown>>;

const workflowTaskFunctions: Record<WorkflowTask, WorkflowTaskFunction> = {
  CREATE_CONSTITUTION: createConstitution,
  CREATE_INTERACTIVE_SCRIPT: createInteractiveScript,
  CREATE_VISUAL_DESIGN: createVisualDesign,
  CREATE_AUDIO_DESIGN: createAudioDesign,
  CREATE_SHOT_LIST: createShotList,
};

/**
 * Runs one workflow task.
 *
 * `resumeWorkflowFromStoryId` is absent or the task's own story: the task resumes what this story has. When it names
 * another story, what the task needs and its own story lacks is first copied from there (see `takeOver`); nothing is ever
 * written to that other story.
 *
 * @returns the task's name; how many pieces were generated, reused and taken over; how many LLM calls were made; and the
 * figures of the workflow task itself
 * @throws StoryNotFoundError for either story; PrerequisiteMissingError (PREREQUISITE_MISSING) when an earlier workflow
 * task has to run first; what the gateway throws
 */
export const runWorkflowTask: Runner<'RUN_WORKFLOW_TASK'> = async (context, options) => {
  const run = beginRun(context);
  const { work, takenOver } = await loadWork(run, options);
  const figures = await workflowTaskFunctions[options.task](run, work);
  return { task: options.task, ...figures, ...run.counts, takenOver };
};

async function loadWork(
  run: WorkflowRun,
  { task, resumeWorkflowFromStoryId }: Parameters<typeof runWorkflowTask>[1],
): Promise<{ work: StoryWork; takenOver: number }> {
  const { work: store, storyId }: RunContext = run.context;
  const own = await store.load(storyId);
  if (resumeWorkflowFromStoryId === undefined || resumeWorkflowFromStoryId === storyId)
    return { work: own, takenOver: 0 };
  const takenOver = await takeOver(store, task, own, await store.load(resumeWorkflowFromStoryId));
  if (takenOver === 0) return { work: own, takenOver };
  tell(run, `${takenOver} pieces taken over from the other story`, 1, { persisted: true });
  return { work: await store.load(storyId), takenOver };
}
