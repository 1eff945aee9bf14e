/** CREATE_INTERACTIVE_SCRIPT: the outline, then each of its nodes as a scenelet, parents before children. */
import { checkScript } from '../documents/checkScript.ts';
import type { Constitution, Outline, OutlineNode, Stored, StoryScenelet, StoryWork } from '../documents/documents.ts';
import { firstParents, pathTo, writingOrder } from '../documents/outlineGraph.ts';
import { requireConstitution } from './prerequisites.ts';
import { callStep, revisionOf, signed, tell, unsigned, type WorkflowRun } from './workflowRun.ts';

/** Progress once the outline stands; the scenelets share what is left up to 95. */
const outlineDone = 10;

interface Script {
  readonly storyId: string;
  readonly constitution: Stored<Constitution>;
  readonly outline: Stored<Outline>;
  /** Ids of the scenelets that are persisted, by key. */
  readonly ids: Map<string, string>;
}

/**
 * Writes the outline and the scenelets that are missing; each is persisted before the next is asked for.
 * @throws PrerequisiteMissingError without a constitution
 */
export async function createInteractiveScript(run: WorkflowRun, work: StoryWork): Promise<Record<string, unknown>> {
  const constitution = requireConstitution('CREATE_INTERACTIVE_SCRIPT', work);
  const outline = await ensureOutline(run, work, constitution);
  const ids = new Map(work.scenelets.map((scenelet) => [scenelet.key, scenelet.id]));
  const script: Script = { storyId: work.id, constitution, outline, ids };
  const { unwritten } = checkScript(outline, work.scenelets);
  const total = writingOrder(outline).length;
  let written = total - unwritten.length;
  run.counts.reused += written;
  for (const node of unwritten) {
    await writeScenelet(run, script, node);
    written += 1;
    const progress = outlineDone + Math.floor((85 * written) / total);
    tell(run, `Scenelet ${written} of ${total} written: ${node.title}`, progress, { persisted: true });
  }
  return { scenelets: total, endings: outline.nodes.filter((node) => node.ending !== null).length };
}

async function ensureOutline(
  run: WorkflowRun,
  work: StoryWork,
  constitution: Stored<Constitution>,
): Promise<Stored<Outline>> {
  if (work.outline) {
    run.counts.reused += 1;
    return work.outline;
  }
  tell(run, 'Planning the script', 2);
  const outline = await callStep(run, 'outline', { constitution: unsigned(constitution) });
  const saved = await run.context.work.saveDocument(work.id, 'outline', signed(run, outline, revisionOf(constitution)));
  run.counts.generated += 1;
  tell(run, `Outline of ${saved.nodes.length} scenelets written`, outlineDone, { persisted: true });
  return saved;
}

async function writeScenelet(run: WorkflowRun, script: Script, node: OutlineNode): Promise<StoryScenelet> {
  const { constitution, outline, ids, storyId } = script;
  const input = {
    constitution: unsigned(constitution),
    outline: unsigned(outline),
    node,
    path: pathTo(outline, node.key),
  };
  const content = signed(run, await callStep(run, 'scenelet', input), revisionOf(constitution));
  const parent = firstParents(outline).get(node.key);
  const saved = await run.context.work.saveScenelet(storyId, {
    key: node.key,
    parentId: parent ? (ids.get(parent.parentKey) ?? null) : null,
    choiceLabelFromParent: parent?.label ?? null,
    content,
  });
  ids.set(saved.key, saved.id);
  run.counts.generated += 1;
  return saved;
}
