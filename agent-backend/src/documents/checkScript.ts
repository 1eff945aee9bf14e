/** What a script still lacks, so that only that is written. */
import type { Outline, OutlineNode, StoryScenelet } from './documents.ts';
import { writingOrder } from './outlineGraph.ts';

export interface ScriptGaps {
  /** Nodes of the outline without a scenelet, in writing order. */
  readonly unwritten: readonly OutlineNode[];
  /** Scenelets of the outline without a shot list, in writing order. */
  readonly unshot: readonly StoryScenelet[];
}

/** Scenelets that are no node of the outline are neither missing nor counted. */
export function checkScript(outline: Outline, scenelets: readonly StoryScenelet[]): ScriptGaps {
  const written = new Map(scenelets.map((scenelet) => [scenelet.key, scenelet]));
  const order = writingOrder(outline);
  return {
    unwritten: order.filter((node) => !written.has(node.key)),
    unshot: order.flatMap((node) => written.get(node.key) ?? []).filter((scenelet) => scenelet.shotList === null),
  };
}
