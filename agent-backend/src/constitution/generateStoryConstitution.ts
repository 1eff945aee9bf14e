/** REGENERATE_CONSTITUTION: a new constitution from the same premise, in place of the earlier one. */
import type { Constitution, Stored, StoryWork } from '../documents/documents.ts';
import type { Runner } from '../runContext.ts';
import { beginRun, callStep, revisionOf, signed, tell, type WorkflowRun } from '../workflow/workflowRun.ts';

/**
 * Replaces the story's constitution. Its revision is the earlier one's plus 1 (0 when there is none), so the same story
 * always gets the same sequence of angles.
 *
 * Documents made from an earlier constitution are kept and listed in the result. A script that exists keeps its endings:
 * the new constitution carries them over in place of its own, for otherwise the script's last scenelets would end in
 * nothing.
 *
 * A run that finds a constitution signed by its own task was interrupted after persisting: it makes no call.
 *
 * @throws StoryNotFoundError; what the gateway throws
 */
export const generateStoryConstitution: Runner<'REGENERATE_CONSTITUTION'> = async (context) => {
  const run = beginRun(context);
  tellPhase(run, 'queuing', 'Queuing the constitution', 0);
  const work = await context.work.load(context.storyId);
  const constitution = work.constitution;
  const finished = constitution?.provenance.taskId === context.taskId;
  const current = finished ? reuse(run, constitution) : await regenerate(run, work);
  return {
    title: current.title,
    revision: revisionOf(current),
    madeFromEarlierConstitution: laterPieces(work, revisionOf(current)),
    ...run.counts,
  };
};

function reuse(run: WorkflowRun, constitution: Stored<Constitution>): Stored<Constitution> {
  run.counts.reused += 1;
  tellPhase(run, 'persisting', 'The constitution was persisted by an earlier attempt', 95);
  return constitution;
}

async function regenerate(run: WorkflowRun, work: StoryWork): Promise<Stored<Constitution>> {
  const revision = work.constitution ? revisionOf(work.constitution) + 1 : 0;
  tellPhase(run, 'generating', 'Generating the constitution', 10);
  const { displayName, initialPrompt } = work;
  const written = await callStep(run, 'constitution', { displayName, initialPrompt, revision });
  tellPhase(run, 'persisting', 'Persisting the constitution', 80);
  const document = signed(run, withPlayableEndings(written, work), revision);
  const saved = await run.context.work.saveDocument(work.id, 'constitution', document, { replace: true });
  run.counts.generated += 1;
  tellPhase(run, 'persisting', 'Constitution persisted', 95, true);
  return saved;
}

/** With a script in the record, its endings stay; without one, the new endings stand. */
function withPlayableEndings(written: Constitution, work: StoryWork): Constitution {
  return work.outline && work.constitution ? { ...written, endings: work.constitution.endings } : written;
}

/** Names of the pieces that were made from a constitution before this revision. */
function laterPieces(work: StoryWork, revision: number): string[] {
  const earlier = (document: Stored<object> | null) => document !== null && revisionOf(document) < revision;
  const documents = (['outline', 'visualDesign', 'audioDesign'] as const).filter((kind) => earlier(work[kind]));
  const scenelets = work.scenelets.filter((scenelet) => earlier(scenelet.content)).map(({ key }) => `scenelet:${key}`);
  const shots = work.scenelets.filter(({ shotList }) => earlier(shotList)).map(({ key }) => `shotList:${key}`);
  return [...documents, ...scenelets, ...shots];
}

type Phase = 'queuing' | 'generating' | 'persisting';

function tellPhase(run: WorkflowRun, phase: Phase, message: string, progress: number, persisted?: boolean): void {
  tell(run, message, progress, { payload: { phase }, ...(persisted === undefined ? {} : { persisted }) });
}
