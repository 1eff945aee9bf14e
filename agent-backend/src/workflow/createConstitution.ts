/** CREATE_CONSTITUTION: the story's first document, made from its title and premise. */
import type { StoryWork } from '../documents/documents.ts';
import { callStep, signed, tell, type WorkflowRun } from './workflowRun.ts';

/** Makes the constitution, unless there is one: replacing it is REGENERATE_CONSTITUTION's business. */
export async function createConstitution(run: WorkflowRun, work: StoryWork): Promise<Record<string, unknown>> {
  if (work.constitution) {
    run.counts.reused += 1;
    tell(run, 'The story has a constitution already', 95);
    return { title: work.constitution.title };
  }
  tell(run, 'Writing the constitution', 5);
  const { displayName, initialPrompt, id } = work;
  const constitution = await callStep(run, 'constitution', { displayName, initialPrompt, revision: 0 });
  const saved = await run.context.work.saveDocument(id, 'constitution', signed(run, constitution, 0));
  run.counts.generated += 1;
  tell(run, 'Constitution written', 95, { persisted: true });
  return { title: saved.title };
}
