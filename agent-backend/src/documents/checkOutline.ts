/** What makes an outline playable beyond its shape: the graph rules that zod cannot say field by field. */
import type { Constitution, Outline, OutlineNode } from './documents.ts';
import { findCircle, keysThatCanEnd, writingOrder } from './outlineGraph.ts';

type Rule = (outline: Outline, endings: readonly string[]) => string[];

/** Values that occur more than once, each named once. */
function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}

const perNode =
  (check: (node: OutlineNode) => string[]): Rule =>
  (outline) =>
    outline.nodes.flatMap(check);

const keysAreUnique: Rule = ({ nodes }) =>
  repeated(nodes.map((node) => node.key)).map((key) => `More than one node has the key "${key}".`);

const choicesLeadSomewhere: Rule = ({ nodes }) => {
  const keys = new Set(nodes.map((node) => node.key));
  return nodes.flatMap((node) =>
    node.choices
      .filter((choice) => !keys.has(choice.to))
      .map((choice) => `A choice of "${node.key}" leads to "${choice.to}", which is no node.`),
  );
};

const endsOrOffersChoices = perNode((node) => {
  if (node.ending !== null) {
    return node.choices.length === 0
      ? []
      : [`"${node.key}" has both an ending and choices; it may have only one of them.`];
  }
  return node.choices.length >= 2
    ? []
    : [`"${node.key}" has no ending, so it needs two or three choices; it has ${node.choices.length}.`];
});

const noneLeadsToItself = perNode((node) =>
  node.choices.some((choice) => choice.to === node.key) ? [`"${node.key}" leads to itself.`] : [],
);

const labelsDiffer = perNode((node) =>
  repeated(node.choices.map((choice) => choice.label.toLowerCase())).map(
    (label) => `"${node.key}" offers the label "${label}" more than once.`,
  ),
);

const noCircles: Rule = (outline) => {
  const circle = findCircle(outline);
  return circle ? [`The story goes in a circle: ${circle.join(' → ')}.`] : [];
};

const allReachable: Rule = (outline) => {
  const met = new Set(writingOrder(outline).map((node) => node.key));
  return outline.nodes
    .filter((node) => !met.has(node.key))
    .map((node) => `No path leads from the first node to "${node.key}".`);
};

const noneIsDead: Rule = (outline) => {
  const able = keysThatCanEnd(outline);
  return outline.nodes
    .filter((node) => !able.has(node.key))
    .map((node) => `No ending can be reached from "${node.key}".`);
};

const endingsMatch: Rule = ({ nodes }, endings) => {
  const used = new Set(nodes.flatMap((node) => node.ending ?? []));
  const unknown = [...used].filter((ending) => !endings.includes(ending));
  return [
    ...unknown.map((ending) => `The ending "${ending}" is not in the constitution.`),
    ...endings.filter((ending) => !used.has(ending)).map((ending) => `No node reaches the ending "${ending}".`),
  ];
};

const rules: readonly Rule[] = [
  keysAreUnique,
  choicesLeadSomewhere,
  endsOrOffersChoices,
  noneLeadsToItself,
  labelsDiffer,
  noCircles,
  allReachable,
  noneIsDead,
  endingsMatch,
];

/**
 * @param outline of the right shape (`outlineSchema`)
 * @param constitution the one whose endings the outline must reach
 * @returns every fault as a sentence that a model, or a person, can act on; empty when the outline is playable
 */
export function checkOutline(outline: Outline, constitution: Pick<Constitution, 'endings'>): string[] {
  const endings = constitution.endings.map((ending) => ending.key);
  return rules.flatMap((rule) => rule(outline, endings));
}
