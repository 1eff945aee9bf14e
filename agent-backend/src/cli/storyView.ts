/** A story as the commands show it: which pieces are made, and how far the script is. */
import type { Story, TaskRecord } from '@story-tasks/contracts';
import type { Output } from '@story-tasks/contracts/terminal';
import { printable, table, time } from '@story-tasks/contracts/terminal';
import type { SceneletRecord, StoryRecord } from '@story-tasks/supabase';
import { checkScript } from '../documents/checkScript.ts';
import type { Outline, StoryScenelet } from '../documents/documents.ts';
import { taskRows } from './taskView.ts';

export interface StoryView {
  /** As the HTTP API has it, without the prompt unless that was asked for. */
  readonly story: Omit<Story, 'initialPrompt'> & { initialPrompt?: string; bundlePath: string | null };
  /** How many scenelets the outline plans; null while there is none. */
  readonly planned: number | null;
  readonly shotLists: number;
  readonly scenelets: readonly { key: string; title: string | null; parentKey: string | null; shotList: boolean }[];
}

export function storyView(record: StoryRecord, rows: readonly SceneletRecord[], withPrompt: boolean): StoryView {
  const outline = record.outline as Outline | null;
  const gaps = outline && checkScript(outline, rows as readonly SceneletRecord[] as readonly StoryScenelet[]);
  const complete = gaps !== null && gaps.unwritten.length === 0;
  const { id, displayName, initialPrompt, bundlePath, createdAt, updatedAt } = record;
  return {
    story: {
      id,
      displayName,
      ...(withPrompt ? { initialPrompt } : {}),
      has: {
        constitution: record.constitution !== null,
        interactiveScript: complete,
        visualDesign: record.visualDesign !== null,
        audioDesign: record.audioDesign !== null,
        shotList: complete && gaps.unshot.length === 0,
        bundle: bundlePath !== null,
      },
      scenelets: rows.length,
      bundlePath,
      createdAt,
      updatedAt,
    },
    planned: outline?.nodes.length ?? null,
    shotLists: rows.filter(({ shotList }) => shotList !== null).length,
    scenelets: sceneletViews(outline, rows),
  };
}

function sceneletViews(outline: Outline | null, rows: readonly SceneletRecord[]): StoryView['scenelets'] {
  const titles = new Map(outline?.nodes.map(({ key, title }) => [key, title]));
  const keys = new Map(rows.map(({ id, key }) => [id, key]));
  return rows.map(({ key, parentId, shotList }) => ({
    key,
    title: titles.get(key) ?? null,
    parentKey: parentId === null ? null : (keys.get(parentId) ?? null),
    shotList: shotList !== null,
  }));
}

/** For people: the story, its pieces, its scenelets and its latest tasks. */
export function storyLines(out: Output, view: StoryView, tasks: readonly TaskRecord[]): string[] {
  const { story, scenelets } = view;
  const head = [
    ['story', story.id],
    ['name', printable(story.displayName)],
    ['created', time(story.createdAt)],
    ...pieceRows(view),
  ];
  const sceneletRows = scenelets.map(({ key, title, parentKey, shotList }) => [
    key,
    parentKey ?? '–',
    shotList ? 'yes' : 'no',
    printable(title ?? ''),
  ]);
  return [
    ...table(head),
    ...section(out.heading(['SCENELET', 'FROM', 'SHOTS', 'TITLE']), sceneletRows),
    ...section(out.heading(['TASK', 'STATUS', 'PROGRESS', 'CREATED', 'WHAT']), taskRows(out, tasks)),
    ...(story.initialPrompt === undefined ? [] : ['', ...story.initialPrompt.split('\n').map(printable)]),
  ];
}

function pieceRows({ story, planned, shotLists }: StoryView): string[][] {
  const made = (piece: boolean) => (piece ? 'made' : 'missing');
  const of = (count: number) => (planned === null ? 'missing' : `${count} of ${planned}`);
  return [
    ['constitution', made(story.has.constitution)],
    ['interactive script', of(story.scenelets)],
    ['visual design', made(story.has.visualDesign)],
    ['audio design', made(story.has.audioDesign)],
    ['shot lists', of(shotLists)],
    ['bundle', story.bundlePath ?? 'missing'],
  ];
}

function section(heading: string[], rows: readonly string[][]): string[] {
  return rows.length === 0 ? [] : ['', ...table([heading, ...rows])];
}
