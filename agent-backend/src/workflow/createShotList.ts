/** CREATE_SHOT_LIST: the shots of each scenelet of a finished script. */
import { checkScript } from '../documents/checkScript.ts';
import type { Constitution, OutlineNode, Stored, StoryScenelet, StoryWork } from '../documents/documents.ts';
import { nodesByKey } from '../documents/outlineGraph.ts';
import { requireConstitution, requireScript } from './prerequisites.ts';
import { callStep, revisionOf, signed, tell, unsigned, type WorkflowRun } from './workflowRun.ts';

/**
 * Makes the shot lists that are missing, in the order in which the scenelets were written.
 * @throws PrerequisiteMissingError without a constitution, or while a scenelet of the outline is unwritten
 */
export async function createShotList(run: WorkflowRun, work: StoryWork): Promise<Record<string, unknown>> {
  const constitution = requireConstitution('CREATE_SHOT_LIST', work);
  const outline = requireScript('CREATE_SHOT_LIST', work);
  const nodes = nodesByKey(outline);
  const { unshot } = checkScript(outline, work.scenelets);
  const total = outline.nodes.length;
  let listed = total - unshot.length;
  run.counts.reused += listed;
  tell(run, `${unshot.length} of ${total} shot lists to make`, 2);
  for (const scenelet of unshot) {
    const node = nodes.get(scenelet.key);
    if (!node) continue;
    await listShots(run, work, constitution, node, scenelet);
    listed += 1;
    tell(run, `Shot list ${listed} of ${total} made: ${node.title}`, 5 + Math.floor((90 * listed) / total), {
      persisted: true,
    });
  }
  return { shotLists: total };
}

async function listShots(
  run: WorkflowRun,
  work: StoryWork,
  constitution: Stored<Constitution>,
  node: OutlineNode,
  scenelet: StoryScenelet,
): Promise<void> {
  const shots = await callStep(run, 'shotList', {
    constitution: unsigned(constitution),
    visualDesign: work.visualDesign && unsigned(work.visualDesign),
    node,
    scenelet: unsigned(scenelet.content),
  });
  await run.context.work.saveShotList(scenelet.id, signed(run, shots, revisionOf(constitution)));
  run.counts.generated += 1;
}
