/** Tasks as the commands show them. */
import type { GetTaskAnswer, Task } from '@story-tasks/contracts';
import { duration, eventLines, type Output, printable, shorten, table, time } from '@story-tasks/contracts/terminal';

/** What a task does, in its own words: the workflow task where it names one. */
function whatOf({ operation, payload, errorCode }: Task): string {
  const what = typeof payload['task'] === 'string' ? printable(payload['task']) : operation;
  return errorCode === null ? what : `${what} (${printable(errorCode)})`;
}

/** A held task waits for its start, and not for a worker. */
function statusOf(out: Output, { status, held }: Task): string {
  return held && status === 'queued' ? `${out.status(status)} (held)` : out.status(status);
}

export function taskListLines(out: Output, tasks: readonly Task[]): string[] {
  const rows = tasks.map((task) => [
    task.id,
    statusOf(out, task),
    `${task.progress} %`,
    time(task.createdAt),
    shorten(printable(task.displayFields?.title ?? '–'), 30),
    whatOf(task),
  ]);
  return table([out.heading(['TASK', 'STATUS', 'PROGRESS', 'CREATED', 'STORY', 'WHAT']), ...rows]);
}

/** How long a task ran, or has been running by the record's last word of it. */
export function tookOf({ startedAt, finishedAt, updatedAt }: Task): string {
  return startedAt === null ? '–' : duration(Date.parse(finishedAt ?? updatedAt) - Date.parse(startedAt));
}

/** The scalars of a task's result, in its own names: `generated=13 llmCalls=13`. */
export function figuresOf(task: Task): string {
  const scalars = Object.entries(task.result ?? {}).filter(([, value]) => typeof value !== 'object');
  return scalars.map(([name, value]) => printable(`${name}=${String(value)}`)).join(' ');
}

/** @param answer has its events newest first; people read them oldest first */
export function taskLines(out: Output, { task, events }: GetTaskAnswer): string[] {
  const fields: [string, string | null][] = [
    ['task', task.id],
    ['story', task.storyId === null ? null : `${task.storyId} ${printable(task.displayFields?.title ?? '')}`.trimEnd()],
    ['what', whatOf(task)],
    ['status', statusOf(out, task)],
    ['progress', `${task.progress} %`],
    ['attempt', `${task.attempt} (fails for good after ${task.maxAttempts} that count)`],
    ['retry of', task.retryOf],
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
