/** CREATE_AUDIO_DESIGN: themes, ambiences and voices, made from the constitution. */
import type { StoryWork } from '../documents/documents.ts';
import { requireConstitution } from './prerequisites.ts';
import { callStep, revisionOf, signed, tell, unsigned, type WorkflowRun } from './workflowRun.ts';

/**
 * Makes the audio design, unless there is one.
 * @throws PrerequisiteMissingError without a constitution
 */
export async function createAudioDesign(run: WorkflowRun, work: StoryWork): Promise<Record<string, unknown>> {
  const constitution = requireConstitution('CREATE_AUDIO_DESIGN', work);
  if (work.audioDesign) {
    run.counts.reused += 1;
    tell(run, 'The story has an audio design already', 95);
    return { themes: work.audioDesign.themes.length };
  }
  tell(run, 'Making the audio design', 5);
  const design = await callStep(run, 'audioDesign', { constitution: unsigned(constitution) });
  const document = signed(run, design, revisionOf(constitution));
  const saved = await run.context.work.saveDocument(work.id, 'audioDesign', document);
  run.counts.generated += 1;
  tell(run, 'Audio design written', 95, { persisted: true });
  return { themes: saved.themes.length };
}
