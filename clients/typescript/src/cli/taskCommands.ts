/** run, watch, list, show, cancel, start, retry: the life of a task. */
import {
  type CreateTaskInput,
  type Operation,
  operationNames,
  type Task,
  type TaskStatus,
  taskStatuses,
  workflowTasks,
} from '@story-tasks/contracts';
import { Argument, type Command, Option } from 'commander';
import type { Context } from './context.ts';
import { followTask } from './followTask.ts';
import { countOption, type Fields, gatherPair, jsonObject } from './options.ts';
import { taskLines, taskListLines } from './taskView.ts';

export function addTaskCommands(program: Command, context: Context): void {
  addRun(program, context);
  addReading(program, context);
  addChanging(program, context);
}

interface RunOptions {
  readonly story: string;
  readonly task?: string;
  readonly option?: Fields;
  readonly options?: Fields;
  readonly attempts?: number;
  readonly hold?: boolean;
  readonly key?: string;
  readonly watch?: boolean;
}

function addRun(program: Command, context: Context): void {
  program
    .command('run')
    .summary('create a task, and watch it if you like')
    .description('Creates a task and prints its id. A worker runs it; with --watch its progress is shown to the end.')
    .addArgument(new Argument('<operation>', 'what to do').choices(operationNames))
    .requiredOption('--story <id>', 'the story to work on')
    .addOption(new Option('--task <name>', 'of RUN_WORKFLOW_TASK: what to make').choices(workflowTasks))
    .option('--option <name=value>', 'one of the operation’s options; may be given again', gatherPair)
    .option('--options <json>', 'all of them, as a JSON object', jsonObject)
    .addOption(countOption('--attempts <n>', 'runs that may fail before it does (default: the operation’s own)', 20))
    .option('--hold', 'do not start it yet; `start` does')
    .option('--key <text>', 'an Idempotency-Key: the same key and request again make no second task')
    .option('--watch', 'show its progress until it ends')
    .action((operation: Operation, options: RunOptions) => run(context, operation, options));
}

async function run(context: Context, operation: Operation, given: RunOptions): Promise<void> {
  const { story: storyId, task, option, options, attempts, hold, key, watch } = given;
  const all = { ...options, ...option, ...(task === undefined ? {} : { task }) };
  const request = { operation, storyId, options: all, attempts, autoStart: hold ? false : undefined };
  const named = key === undefined ? {} : { idempotencyKey: key };
  // What fits which operation, the API says, and names each fault.
  const made = await context.client().create(request as CreateTaskInput, { ...named, signal: context.signal });
  await tellMade(context, made, watch ?? false);
}

async function tellMade(context: Context, made: { taskId: string }, watch: boolean): Promise<void> {
  if (!watch) return context.out.result(made, () => [made.taskId]);
  context.out.note(`Task ${made.taskId}`);
  await followTask(context, made.taskId);
}

interface ListOptions {
  readonly story?: string;
  readonly status?: TaskStatus;
  readonly operation?: Operation;
  readonly limit: number;
}

function addReading(program: Command, context: Context): void {
  program
    .command('watch')
    .summary('show a task’s progress until it ends')
    .description('Shows a task’s events from the first to the last. Ctrl-C stops the watching, and not the task.')
    .argument('<task-id>')
    .action((taskId: string) => followTask(context, taskId));
  program
    .command('list')
    .summary('list tasks')
    .description('Lists the tasks that match every filter given, the newest first.')
    .option('--story <id>', 'of this story')
    .addOption(new Option('--status <status>', 'in this status').choices(taskStatuses))
    .addOption(new Option('--operation <name>', 'of this operation').choices(operationNames))
    .addOption(countOption('--limit <n>', 'how many at most', 1_000).default(20))
    .action((options: ListOptions) => list(context, options));
  program
    .command('show')
    .summary('show a task and its events')
    .description('Shows a task and its latest events.')
    .argument('<task-id>')
    .addOption(countOption('--events <n>', 'how many of the latest events', 100).default(20))
    .action(async (taskId: string, { events }: { events: number }) => {
      const { out, client, signal } = context;
      const answer = await client().get(taskId, { limit: events, signal });
      out.result(answer, () => taskLines(out, answer));
    });
}

async function list({ out, client, signal }: Context, { story, status, operation, limit }: ListOptions): Promise<void> {
  const tasks: Task[] = [];
  // One more than shown says whether there are more.
  const filters = { storyId: story, status, operation, limit: Math.min(100, limit + 1) };
  for await (const task of client().listAll(filters, { signal })) if (tasks.push(task) > limit) break;
  const shown = tasks.slice(0, limit);
  out.result({ tasks: shown }, () => (shown.length === 0 ? [] : taskListLines(out, shown)));
  if (shown.length === 0) out.note('There are no such tasks.');
  if (tasks.length > limit) out.note('There are more; --limit says how many to show.');
}

function addChanging(program: Command, context: Context): void {
  const { out, client, signal } = context;
  program
    .command('cancel')
    .summary('cancel a task')
    .description('Ends a queued task at once and asks a running one to stop, which it does within seconds.')
    .argument('<task-id>')
    .option('--reason <text>', 'kept with the task')
    .action(async (taskId: string, { reason }: { reason?: string }) => {
      const answer = await client().cancel(taskId, { reason, signal });
      const words = answer.outcome === 'cancelled' ? 'Cancelled.' : 'The task is being cancelled.';
      out.result(answer, () => [words]);
    });
  program
    .command('start')
    .summary('start a held task')
    .description('Puts a held task into its lane; one that was started stays as it is.')
    .argument('<task-id>')
    .action(async (taskId: string) => {
      const task = await client().start(taskId, { signal });
      out.result({ task }, () => [`The task is ${task.status}.`]);
    });
  program
    .command('retry')
    .summary('do again what failed or was cancelled')
    .description('Creates a new task with the same work, which goes on from what is made, and prints its id.')
    .argument('<task-id>')
    .option('--watch', 'show its progress until it ends')
    .action(async (taskId: string, { watch }: { watch?: boolean }) => {
      await tellMade(context, await client().retry(taskId, { signal }), watch ?? false);
    });
}
