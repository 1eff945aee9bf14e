/** CREATE_VISUAL_DESIGN: style, palette and settings, made from the constitution. */
import type { StoryWork } from '../documents/documents.ts';
import { requireConstitution } from './prerequisites.ts';
import { callStep, revisionOf, signed, tell, unsigned, type WorkflowRun } from './workflowRun.ts';

/**
 * Makes the visual design, unless there is one.
 * @throws PrerequisiteMissingError without a constitution
 */
export async function createVisualDesign(run: WorkflowRun, work: StoryWork): Promise<Record<string, unknown>> {
  const constitution = requireConstitution('CREATE_VISUAL_DESIGN', work);
  if (work.visualDesign) {
    run.counts.reused += 1;
    tell(run, 'The story has a visual design already', 95);
    return { settings: work.visualDesign.settings.length };
  }
  tell(run, 'Making the visual design', 5);
  const design = await callStep(run, 'visualDesign', { constitution: unsigned(constitution) });
  const document = signed(run, design, revisionOf(constitution));
  const saved = await run.context.work.saveDocument(work.id, 'visualDesign', document);
  run.counts.generated += 1;
  tell(run, 'Visual design written', 95, { persisted: true });
  return { settings: saved.settings.length };
}
