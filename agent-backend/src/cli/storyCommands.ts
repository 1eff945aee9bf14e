/** story create, show, list. */

import { publicTask } from '@story-tasks/contracts';
import type { Host, Output } from '@story-tasks/contracts/terminal';
import { nameFrom, printable, shorten, table, time } from '@story-tasks/contracts/terminal';
import { createSceneletsRepository, createStoriesRepository, createStoryTasksRepository } from '@story-tasks/supabase';
import type { Command } from 'commander';
import { limitOption } from './options.ts';
import { type PromptOptions, readPrompt } from './promptSource.ts';
import { openStore } from './settings.ts';
import { storyLines, storyView } from './storyView.ts';

export function addStoryCommands(program: Command, host: Host, out: Output): void {
  const story = program.command('story').summary('create, show and list stories').description('Works on stories.');
  story
    .command('create')
    .summary('create a story from a prompt')
    .description('Creates a story from a prompt and prints its id. Nothing is generated yet.')
    .argument('[-]', 'read the prompt from stdin')
    .option('--prompt <text>', 'the prompt itself')
    .option('--file <path>', 'a file with the prompt, UTF-8')
    .option('--name <name>', 'what to call the story (default: the first line of the prompt, shortened)')
    .action((source: string | undefined, options: CreateOptions) => createStory(host, out, source, options));
  story
    .command('show')
    .summary('show what a story has: pieces, scenelets, latest tasks')
    .description('Shows which pieces of a story are made, its scenelets and its latest tasks.')
    .argument('<story-id>')
    .option('--prompt', 'show the prompt too')
    .action((storyId: string, options: { prompt?: boolean }) => showStory(host, out, storyId, options.prompt ?? false));
  story
    .command('list')
    .summary('list the newest stories')
    .description('Lists stories, the newest first.')
    .addOption(limitOption(20))
    .action((options: { limit: number }) => listStories(host, out, options.limit));
}

interface CreateOptions extends PromptOptions {
  readonly name?: string;
}

async function createStory(host: Host, out: Output, source: string | undefined, options: CreateOptions): Promise<void> {
  const stories = createStoriesRepository(openStore(host.env));
  const initialPrompt = await readPrompt(source, options, host.stdin);
  const displayName = options.name ?? nameFrom(initialPrompt);
  const story = await stories.createStory({ displayName, initialPrompt });
  out.result({ storyId: story.id, displayName: story.displayName }, () => [story.id]);
}

/** Tasks that `story show` lists. */
const latestTasks = 5;

async function showStory(host: Host, out: Output, storyId: string, withPrompt: boolean): Promise<void> {
  const store = openStore(host.env);
  const record = await createStoriesRepository(store).getStory(storyId);
  const [scenelets, tasks] = await Promise.all([
    createSceneletsRepository(store).listByStory(storyId),
    createStoryTasksRepository(store).listRecentByStory(storyId, latestTasks),
  ]);
  const view = storyView(record, scenelets, withPrompt);
  out.result({ ...view, tasks: tasks.map(publicTask) }, () => storyLines(out, view, tasks));
}

async function listStories(host: Host, out: Output, limit: number): Promise<void> {
  const stories = await createStoriesRepository(openStore(host.env)).listRecent(limit);
  const value = stories.map(({ id, displayName, bundlePath, createdAt, updatedAt }) => ({
    id,
    displayName,
    bundlePath,
    createdAt,
    updatedAt,
  }));
  const rows = stories.map(({ id, createdAt, displayName }) => [
    id,
    time(createdAt),
    shorten(printable(displayName), 60),
  ]);
  if (rows.length === 0) out.note('There are no stories yet; `agent-backend story create` makes one.');
  out.result({ stories: value }, () =>
    rows.length === 0 ? [] : table([out.heading(['STORY', 'CREATED', 'NAME']), ...rows]),
  );
}
