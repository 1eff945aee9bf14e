/** Tasks as the commands show them. */
import type { TaskEvent, TaskRecord } from '@story-tasks/contracts';
import { duration, eventLines, type Output, printable, table, time } from '@story-tasks/contracts/terminal';

/** What a task does, in its own words: the workflow task where it names one. */
function whatOf({ operation, payload }: TaskRecord): string {
  return typeof payload['task'] === 'string' ? printable(payload['task']) : operation;
}

/** Id, status, progress, time of creation and what it does. */
export function taskRows(out: Output, tasks: readonly TaskRecord[]): string[][] {
  return tasks.map((task) => [
    task.id,
    out.status(task.status),
    `${task.progress} %`,
    time(task.createdAt),
    task.errorCode === null ? whatOf(task) : `${whatOf(task)} (${task.errorCode})`,
  ]);
}

export function taskListLines(out: Output, tasks: readonly TaskRecord[]): string[] {
  return table([out.heading(['TASK', 'STATUS', 'PROGRESS', 'CREATED', 'WHAT']), ...taskRows(out, tasks)]);
}

/** How long a task ran, or has been running by the record's last word of it. */
export function tookOf({ startedAt, finishedAt, updatedAt }: TaskRecord): string {
  return startedAt === null ? '–' : duration(Date.parse(finishedAt ?? updatedAt) - Date.parse(startedAt));
}

/** The scalars of a task's result, in its own names: `generated=13 llmCalls=13`. */
export function figuresOf(task: TaskRecord): string {
  const scalars = Object.entries(task.result ?? {}).filter(([, value]) => typeof value !== 'object');
  return scalars.map(([name, value]) => `${name}=${printable(String(value))}`).join(' ');
}

/** @param events newest first, as the record gives them; people read them oldest first */
export function taskLines(out: Output, task: TaskRecord, events: readonly TaskEvent[]): string[] {
  const fields: [string, string | null][] = [
    ['task', task.id],
    ['story', task.storyId],
    ['what', whatOf(task)],
    ['status', out.status(task.status)],
    ['progress', `${task.progress} %`],
    ['attempt', `${task.attempt} (${task.dispatch}, ${task.attemptsSpent} of ${task.maxAttempts} spent)`],
    ['run by', task.workerId],
    ['created', time(task.createdAt)],
    ['took', tookOf(task)],
    ['tokens', `${task.inputTokens} in, ${task.outputTokens} out`],
    ['error', task.errorCode && printable(`${task.errorCode}: ${task.errorMessage ?? ''}`)],
    ['cancelled', task.taskCancelled ? printable(task.cancelReason ?? 'asked for, without a reason') : null],
    ['result', figuresOf(task) || null],
  ];
  const shown = fields.flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
  return [...table(shown), '', ...eventLines(out, events)];
}
