/** A whole offline story in one call. */
import type {
  AudioDesign,
  Constitution,
  Outline,
  OutlineNode,
  SceneletText,
  ShotList,
  VisualDesign,
} from '../../documents/documents.ts';
import { pathTo, writingOrder } from '../../documents/outlineGraph.ts';
import { schemaFor } from '../../documents/stepSchemas.ts';
import type { Step, StepInputs, StepOutputs } from '../../llm/gateway.ts';
import { writeOffline } from '../writeOffline.ts';

export interface ToldStory {
  readonly constitution: Constitution;
  readonly outline: Outline;
  readonly scenelets: readonly { node: OutlineNode; text: SceneletText; shots: ShotList }[];
  readonly visualDesign: VisualDesign;
  readonly audioDesign: AudioDesign;
}

/** @throws ZodError when a document does not fit the schema of its step */
function checked<S extends Step>(step: S, input: StepInputs[S]): StepOutputs[S] {
  return schemaFor(step, input).parse(writeOffline(step, input));
}

export function tellStory(initialPrompt: string, displayName = 'A story', revision = 0): ToldStory {
  return tellFrom(checked('constitution', { displayName, initialPrompt, revision }));
}

/** Everything after the constitution. */
export function tellFrom(constitution: Constitution): ToldStory {
  const outline = checked('outline', { constitution });
  const visualDesign = checked('visualDesign', { constitution });
  const scenelets = writingOrder(outline).map((node) => {
    const text = checked('scenelet', { constitution, outline, node, path: pathTo(outline, node.key) });
    return { node, text, shots: checked('shotList', { constitution, visualDesign, node, scenelet: text }) };
  });
  return { constitution, outline, scenelets, visualDesign, audioDesign: checked('audioDesign', { constitution }) };
}

/** Every paragraph of a story, in writing order. */
export function paragraphsOf(story: ToldStory): string[] {
  return story.scenelets.flatMap(({ text }) => text.narration);
}
