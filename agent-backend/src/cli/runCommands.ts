/** run, constitution, bundle: one task each, run in this process. */
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseCreateTask, publicTask, type TaskRecord, workflowTasks } from '@story-tasks/contracts';
import type { Host, Output } from '@story-tasks/contracts/terminal';
import { type PreparableBundleStore, ValidationError } from '@story-tasks/supabase';
import { Argument, type Command } from 'commander';
import type { DirectRun } from './directRun.ts';
import { FileError, RunNotSucceededError } from './errors.ts';
import { figuresOf, tookOf } from './taskView.ts';

export function addRunCommands(program: Command, host: Host, out: Output): void {
  program
    .command('run')
    .summary('run one workflow task of a story here and now')
    .description(
      'Runs one workflow task in this process, on record like any other task. What the story has already is kept: a second run asks no model.',
    )
    .addArgument(new Argument('<workflow-task>', 'what to make').choices(workflowTasks))
    .argument('<story-id>', 'the story to work on')
    .option('--resume-from <story-id>', 'first take over what this other story has and the own one lacks')
    .action((task: string, storyId: string, options: { resumeFrom?: string }) => {
      const from = options.resumeFrom === undefined ? {} : { resumeWorkflowFromStoryId: options.resumeFrom };
      return runAndTell(host, out, { operation: 'RUN_WORKFLOW_TASK', storyId, options: { task, ...from } });
    });
  program
    .command('constitution')
    .summary('write a story’s constitution anew')
    .description('Replaces the constitution of a story by a new one from the same prompt.')
    .argument('<story-id>', 'the story to work on')
    .action((storyId: string) => runAndTell(host, out, { operation: 'REGENERATE_CONSTITUTION', storyId }));
  program
    .command('bundle')
    .summary('build a story’s playable file')
    .description('Builds one HTML file that plays the story by itself, and prints where it is. No model is asked.')
    .argument('<story-id>', 'the story to build; its interactive script must be complete')
    .option('--out <file>', 'write a copy there too, and print that path')
    .action((storyId: string, options: { out?: string }) => bundle(host, out, storyId, options.out));
}

async function runAndTell(host: Host, out: Output, request: unknown): Promise<void> {
  const { task } = await run(host, out, request);
  out.result({ task: publicTask(task) }, () => [figuresOf(task)]);
}

async function bundle(host: Host, out: Output, storyId: string, copyTo: string | undefined): Promise<void> {
  if (copyTo !== undefined) await requireFolder(resolve(copyTo));
  const { task, bundles } = await run(host, out, { operation: 'BUILD_PLAYER_BUNDLE', storyId });
  const bundlePath = String(task.result?.['bundlePath']);
  const path = copyTo === undefined ? bundlePath : await copyBundle(bundles, bundlePath, resolve(copyTo));
  out.result({ task: publicTask(task), path }, () => [path]);
}

/** @throws RunNotSucceededError, after the task has been told with --json */
async function run(host: Host, out: Output, request: unknown): Promise<DirectRun> {
  const parsed = parseCreateTask(request);
  if (!parsed.ok) throw new ValidationError(parsed.errors);
  const { operation, storyId, options: payload } = parsed.value;
  // Only a run needs the model's libraries: the other commands start without them.
  const { runDirectly } = await import('./directRun.ts');
  const ended = await runDirectly(host, out, { operation, storyId, payload });
  if (ended.task.status !== 'succeeded') fail(out, ended.task);
  out.note(`Succeeded in ${tookOf(ended.task)}, ${ended.task.inputTokens} + ${ended.task.outputTokens} tokens.`);
  return ended;
}

function fail(out: Output, task: TaskRecord): never {
  out.result({ task: publicTask(task) }, () => []);
  throw new RunNotSucceededError(task);
}

/** Before the run, so that nothing is made and then has nowhere to go. */
async function requireFolder(path: string): Promise<void> {
  const folder = await stat(dirname(path)).catch(() => undefined);
  if (!folder?.isDirectory()) throw new FileError(`There is no folder ${dirname(path)} to write to.`);
}

async function copyBundle(bundles: PreparableBundleStore, bundlePath: string, path: string): Promise<string> {
  const html = await bundles.get(bundlePath);
  if (html === null) throw new FileError(`The bundle is not at ${bundlePath} any more.`);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, html);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new FileError(`${path} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown fault'}).`);
  }
  return path;
}
