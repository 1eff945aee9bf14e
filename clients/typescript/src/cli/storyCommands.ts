/** story create, show, bundle: from a premise to the file that plays it. */
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Story } from '@story-tasks/contracts';
import { nameFrom, printable, readPromptText, table, time } from '@story-tasks/contracts/terminal';
import type { Command } from 'commander';
import { ClientUsageError } from '../errors.ts';
import type { Context } from './context.ts';
import { FileError } from './errors.ts';

export function addStoryCommands(program: Command, context: Context): void {
  const story = program.command('story').summary('create and show stories, fetch their bundles');
  story.description('Works on stories.');
  story
    .command('create')
    .summary('create a story from a premise')
    .description('Creates a story from a premise and prints its id. Nothing is generated yet; `run` does that.')
    .option('--prompt <text>', 'the premise itself')
    .option('--file <path>', 'a file with the premise, UTF-8; - is stdin')
    .option('--name <name>', 'what to call the story (default: the first line of the premise, shortened)')
    .action((options: CreateOptions) => createStory(context, options));
  story
    .command('show')
    .summary('show which pieces of a story are made')
    .description('Shows a story and which of its pieces are made.')
    .argument('<story-id>')
    .action(async (storyId: string) => {
      const found = await context.client().getStory(storyId, { signal: context.signal });
      context.out.result({ story: found }, () => storyLines(found));
    });
  story
    .command('bundle')
    .summary('fetch a story’s playable file')
    .description('Fetches the latest player bundle, one HTML file. BUILD_PLAYER_BUNDLE makes it.')
    .argument('<story-id>')
    .requiredOption('--out <file>', 'where to write it')
    .action((storyId: string, { out }: { out: string }) => fetchBundle(context, storyId, out));
}

interface CreateOptions {
  readonly prompt?: string;
  readonly file?: string;
  readonly name?: string;
}

async function createStory({ host, out, client, signal }: Context, options: CreateOptions): Promise<void> {
  const initialPrompt = await readPremise(options, host.stdin);
  const displayName = options.name ?? nameFrom(initialPrompt);
  const { storyId } = await client().createStory({ displayName, initialPrompt }, { signal });
  out.result({ storyId, displayName }, () => [storyId]);
}

/** @throws ClientUsageError unless there is exactly one source; FileError when it cannot be read */
async function readPremise({ prompt, file }: CreateOptions, stdin: Readable): Promise<string> {
  if ((prompt === undefined) === (file === undefined)) {
    throw new ClientUsageError('Give the premise in one way: --prompt TEXT, or --file PATH, where - is stdin.');
  }
  if (prompt !== undefined) return prompt;
  return file === undefined || file === '-'
    ? readPromptText(stdin, 'stdin', fault)
    : readPromptText(createReadStream(file), file, fault);
}

const fault = (message: string) => new FileError(message);

function storyLines({ id, displayName, createdAt, has, scenelets }: Story): string[] {
  const made = (piece: boolean) => (piece ? 'made' : 'missing');
  return table([
    ['story', id],
    ['name', printable(displayName)],
    ['created', time(createdAt)],
    ['constitution', made(has.constitution)],
    ['interactive script', `${made(has.interactiveScript)}, ${scenelets} scenelets written`],
    ['visual design', made(has.visualDesign)],
    ['audio design', made(has.audioDesign)],
    ['shot list', made(has.shotList)],
    ['bundle', made(has.bundle)],
  ]);
}

async function fetchBundle({ out, client, signal }: Context, storyId: string, path: string): Promise<void> {
  const html = await client().getBundle(storyId, { signal });
  await writeFile(path, html).catch((error: NodeJS.ErrnoException) => {
    throw new FileError(`${path} cannot be written (${error.code ?? 'unknown fault'}).`);
  });
  out.result({ path, bytes: Buffer.byteLength(html) }, () => [path]);
}
