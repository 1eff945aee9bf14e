/**
 * The outline read as a graph. All of it is breadth-first from the opening, so that a parent is always written before
 * its children and every reader of the script agrees on which edge is a scenelet's own.
 */
import type { Outline, OutlineNode } from './documents.ts';

/** The edge by which a node is first met. Later edges into the same node converge there and make no row. */
export interface FirstParent {
  readonly parentKey: string;
  readonly label: string;
}

interface OutlineWalk {
  /** Every node that the opening leads to, parents before children. */
  readonly order: readonly OutlineNode[];
  /** Without an entry for the opening. */
  readonly parents: ReadonlyMap<string, FirstParent>;
}

/** Walks breadth-first. Choices that name no node are passed over: `checkOutline` speaks of those. */
function walkOutline(outline: Outline): OutlineWalk {
  const nodes = nodesByKey(outline);
  const order = outline.nodes.slice(0, 1);
  const parents = new Map<string, FirstParent>();
  const met = new Set(order.map((node) => node.key));
  for (const node of order) {
    for (const { label, to } of node.choices) {
      const next = nodes.get(to);
      if (!next || met.has(to)) continue;
      met.add(to);
      parents.set(to, { parentKey: node.key, label });
      order.push(next);
    }
  }
  return { order, parents };
}

/** Nodes by key; of two with one key, the first. */
export function nodesByKey(outline: Outline): Map<string, OutlineNode> {
  return new Map(outline.nodes.toReversed().map((node) => [node.key, node]));
}

/** Each node's first parent and the label that leads from it: the parent of the scenelet's row. */
export function firstParents(outline: Outline): ReadonlyMap<string, FirstParent> {
  return walkOutline(outline).parents;
}

/** The order in which scenelets are written. */
export function writingOrder(outline: Outline): readonly OutlineNode[] {
  return walkOutline(outline).order;
}

/** The nodes from the opening to the node's first parent, the node itself left out; empty for the opening. */
export function pathTo(outline: Outline, key: string): OutlineNode[] {
  const nodes = nodesByKey(outline);
  const { parents } = walkOutline(outline);
  const path: OutlineNode[] = [];
  for (let parent = parents.get(key); parent; parent = parents.get(parent.parentKey)) {
    const node = nodes.get(parent.parentKey);
    if (node) path.unshift(node);
  }
  return path;
}

/** Keys of the nodes from which some ending can be reached. */
export function keysThatCanEnd(outline: Outline): Set<string> {
  const able = new Set(outline.nodes.filter((node) => node.ending !== null).map((node) => node.key));
  for (let before = -1; before !== able.size; ) {
    before = able.size;
    for (const node of outline.nodes) {
      if (node.choices.some((choice) => able.has(choice.to))) able.add(node.key);
    }
  }
  return able;
}

/** The keys of one circle, its first key repeated at its end; null when there is none. A node that leads to itself is not one. */
export function findCircle(outline: Outline): string[] | null {
  const nodes = nodesByKey(outline);
  const cleared = new Set<string>();
  const visit = (key: string, trail: string[]): string[] | null => {
    if (trail.includes(key)) return [...trail.slice(trail.indexOf(key)), key];
    if (cleared.has(key)) return null;
    const next = (nodes.get(key)?.choices ?? []).map((choice) => choice.to).filter((to) => to !== key);
    for (const to of next) {
      const circle = visit(to, [...trail, key]);
      if (circle) return circle;
    }
    cleared.add(key);
    return null;
  };
  for (const { key } of outline.nodes) {
    const circle = visit(key, []);
    if (circle) return circle;
  }
  return null;
}
