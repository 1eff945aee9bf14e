/** task list, show, cancel: any task, whoever runs it. */
import { cancelTaskRequestSchema, fieldErrors, publicTask } from '@story-tasks/contracts';
import type { Host, Output } from '@story-tasks/contracts/terminal';
import {
  createStoriesRepository,
  createStoryTasksRepository,
  IllegalTransitionError,
  ValidationError,
} from '@story-tasks/supabase';
import type { Command } from 'commander';
import { countOption, limitOption } from './options.ts';
import { openStore } from './settings.ts';
import { taskLines, taskListLines } from './taskView.ts';

export function addTaskCommands(program: Command, host: Host, out: Output): void {
  const task = program.command('task').summary('list, show and cancel tasks').description('Works on tasks.');
  task
    .command('list')
    .summary('list a story’s tasks')
    .description('Lists the tasks of a story, the newest first, whoever ran them.')
    .argument('<story-id>')
    .addOption(limitOption(20))
    .action((storyId: string, options: { limit: number }) => listTasks(host, out, storyId, options.limit));
  task
    .command('show')
    .summary('show a task and its events')
    .description('Shows a task and its latest events.')
    .argument('<task-id>')
    .addOption(countOption('--events <n>', 'how many of the latest events', 20))
    .action((taskId: string, options: { events: number }) => showTask(host, out, taskId, options.events));
  task
    .command('cancel')
    .summary('cancel a task, wherever it runs')
    .description('Ends a queued task at once and asks a running one to stop, which it does within seconds.')
    .argument('<task-id>')
    .option('--reason <text>', 'kept with the task')
    .action((taskId: string, options: { reason?: string }) => cancelTask(host, out, taskId, options.reason));
}

async function listTasks(host: Host, out: Output, storyId: string, limit: number): Promise<void> {
  const store = openStore(host.env);
  const tasks = await createStoryTasksRepository(store).listRecentByStory(storyId, limit);
  // None at all: is there no task, or no story?
  if (tasks.length === 0) await createStoriesRepository(store).getStory(storyId);
  if (tasks.length === 0) out.note('This story has no tasks yet.');
  out.result({ tasks: tasks.map(publicTask) }, () => (tasks.length === 0 ? [] : taskListLines(out, tasks)));
}

async function showTask(host: Host, out: Output, taskId: string, limit: number): Promise<void> {
  const repository = createStoryTasksRepository(openStore(host.env));
  const [task, events] = await Promise.all([repository.getTask(taskId), repository.listRecentEvents(taskId, limit)]);
  out.result({ task: publicTask(task), events }, () => taskLines(out, task, events));
}

async function cancelTask(host: Host, out: Output, taskId: string, reason: string | undefined): Promise<void> {
  const parsed = cancelTaskRequestSchema.safeParse({ reason });
  if (!parsed.success) throw new ValidationError(fieldErrors(parsed.error));
  const repository = createStoryTasksRepository(openStore(host.env));
  const { outcome, task } = await repository.cancelTask(taskId, parsed.data.reason);
  if (outcome === 'terminal') throw new IllegalTransitionError(task, 'cancelled');
  out.result({ outcome, task: publicTask(task) }, () => [
    outcome === 'cancelled' ? 'Cancelled.' : 'The task is being cancelled.',
  ]);
}
