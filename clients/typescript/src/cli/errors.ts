/** What a command can end with, besides its result. */
import { CodedError, type Task } from '@story-tasks/contracts';
import type { ErrorIds } from '@story-tasks/contracts/terminal';
import { ClientUsageError, StoryTasksError } from '../errors.ts';

/** Documented in `--help`: scripts branch on them. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, unavailable: 3, interrupted: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A file or stdin that cannot be read as a prompt, or a file that cannot be written. */
export class FileError extends CodedError {
  constructor(message: string) {
    super('CLIENT_FILE', 'caller', message);
  }
}

/** Ctrl-C. What was asked of the API before stays as it is. */
export class InterruptedError extends CodedError {
  constructor(message = 'Interrupted.') {
    super('INTERRUPTED', 'caller', message);
  }
}

/** A task that was watched ended as anything but succeeded. */
export class TaskNotSucceededError extends CodedError {
  readonly task: Task;

  constructor(task: Task) {
    const cancelled = task.status === 'cancelled';
    const reason = task.cancelReason === null ? '' : ` (${task.cancelReason})`;
    super(
      cancelled ? 'TASK_CANCELLED' : (task.errorCode ?? 'INTERNAL'),
      'fatal',
      cancelled ? `The task was cancelled${reason}.` : (task.errorMessage ?? 'The task failed.'),
    );
    this.task = task;
  }
}

/** What an error is about, for a script. */
export function idsOf(error: unknown): ErrorIds {
  if (error instanceof TaskNotSucceededError) return { taskId: error.task.id };
  return error instanceof StoryTasksError ? { taskId: error.problem.taskId, requestId: error.requestId } : {};
}

/**
 * | error                                                       | exit |
 * |-------------------------------------------------------------|------|
 * | the watched task failed                                     |    1 |
 * | Ctrl-C; the watched task was cancelled                      |  130 |
 * | usage, files, what the API refuses                          |    2 |
 * | the API is away or unwell, or something else answers        |    3 |
 * | anything without a code: a fault of ours                    |    1 |
 */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof InterruptedError) return exitCodes.interrupted;
  if (error instanceof TaskNotSucceededError) {
    return error.task.status === 'cancelled' ? exitCodes.interrupted : exitCodes.failed;
  }
  if (error instanceof ClientUsageError || error instanceof FileError) return exitCodes.usage;
  if (error instanceof StoryTasksError && error.kind === 'caller') return exitCodes.usage;
  return error instanceof CodedError ? exitCodes.unavailable : exitCodes.failed;
}
