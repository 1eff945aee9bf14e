/** Renders the prompt of a step from what the step is written from. */
import { readFileSync } from 'node:fs';
import type { OutlineNode } from '../documents/documents.ts';
import type { Prompt, Step, StepInputs } from '../llm/gateway.ts';
import { fenced, parsePromptTemplate } from './promptTemplate.ts';

type Renderer<S extends Step> = (input: StepInputs[S]) => Prompt;

/** Reads the file once, when the module loads: a wrong placeholder stops the process, not the hundredth story. */
function prompt<S extends Step, Name extends string>(
  file: string,
  names: readonly Name[],
  valuesOf: (input: StepInputs[S]) => Record<Name, string>,
): Renderer<S> {
  const template = parsePromptTemplate(readFileSync(new URL(file, import.meta.url), 'utf8'), names);
  return (input) => template.render(valuesOf(input));
}

const json = (name: string, value: unknown) => fenced(name, JSON.stringify(value, null, 1));

const renderers: { [S in Step]: Renderer<S> } = {
  constitution: prompt('./constitution.md', ['title', 'premise', 'angle'], (input) => ({
    title: fenced('title', input.displayName),
    premise: fenced('premise', input.initialPrompt),
    angle: angleOf(input.revision),
  })),
  outline: prompt('./outline.md', ['constitution', 'endingKeys'], ({ constitution }) => ({
    constitution: json('constitution', constitution),
    endingKeys: constitution.endings.map((ending) => ending.key).join(', '),
  })),
  scenelet: prompt('./scenelet.md', ['constitution', 'outline', 'path', 'node', 'position'], (input) => ({
    constitution: json('constitution', input.constitution),
    outline: json('outline', input.outline),
    path: fenced('path', describePath(input.path, input.node)),
    node: json('node', input.node),
    position: positionOf(input),
  })),
  visualDesign: prompt('./visual-design.md', ['constitution'], ({ constitution }) => ({
    constitution: json('constitution', constitution),
  })),
  audioDesign: prompt('./audio-design.md', ['constitution'], ({ constitution }) => ({
    constitution: json('constitution', constitution),
  })),
  shotList: prompt('./shot-list.md', ['constitution', 'visualDesign', 'node', 'scenelet'], (input) => ({
    constitution: json('constitution', input.constitution),
    visualDesign: input.visualDesign ? json('visual-design', input.visualDesign) : 'There is none yet; choose freely.',
    node: json('node', input.node),
    scenelet: json('scenelet', input.scenelet),
  })),
};

function angleOf(revision: number): string {
  return revision === 0
    ? 'This is the first constitution of this story.'
    : `This story has had ${revision} earlier constitution(s), and its owner asked for another. Keep the premise, and find a different angle on it: another question, another want at its centre, other endings.`;
}

/** Each node's title, with the choice that was taken there. */
function describePath(path: readonly OutlineNode[], node: OutlineNode): string {
  if (path.length === 0) return 'None: this scenelet opens the story.';
  return path
    .map((step, index) => {
      const next = path[index + 1] ?? node;
      const label = step.choices.find((choice) => choice.to === next.key)?.label ?? '';
      return `${step.title}: ${step.summary}\n  chosen: ${label}`;
    })
    .join('\n');
}

function positionOf({ constitution, node, path }: StepInputs['scenelet']): string {
  const ending = constitution.endings.find(({ key }) => key === node.ending);
  if (ending) return `This scenelet is an ending. Write the constitution's ending with the key ${ending.key}.`;
  return path.length === 0
    ? 'This scenelet opens the story: set up the situation of the premise, who is there, and what cannot stay as it is.'
    : `This is scene ${path.length + 1} on the shortest way through the story.`;
}

/**
 * The prompt of one step. Values stand in it verbatim, each as fenced data.
 * @param step one of the six steps of a story
 * @param input what the step is written from
 */
export function renderPrompt<S extends Step>(step: S, input: StepInputs[S]): Prompt {
  return renderers[step](input);
}
