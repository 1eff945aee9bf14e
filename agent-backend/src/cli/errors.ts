/** What a command can end with, besides its result. */
import { CodedError, type TaskRecord } from '@story-tasks/contracts';
import type { ErrorIds } from '@story-tasks/contracts/terminal';

/** Documented in `--help`: scripts branch on them. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, unavailable: 3, cancelled: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The command line does not fit. */
export class UsageError extends CodedError {
  constructor(message: string) {
    super('CLI_USAGE', 'caller', message);
  }
}

/** A file or stdin that cannot be read as a prompt, or a file that cannot be written. */
export class FileError extends CodedError {
  constructor(message: string) {
    super('CLI_FILE', 'caller', message);
  }
}

/** Environment variables are missing or do not fit. Values are never repeated: they may be secrets. */
export class SettingsError extends CodedError {
  constructor(problems: readonly string[]) {
    super('CLI_SETTINGS', 'caller', `Set these variables and try again: ${problems.join('; ')}.`);
  }
}

/** A run of this process ended as anything but succeeded; `task` is the row as it stands. */
export class RunNotSucceededError extends CodedError {
  readonly task: TaskRecord;

  constructor(task: TaskRecord) {
    const { code, message } = endOf(task);
    super(code, 'fatal', message);
    this.task = task;
  }
}

function endOf(task: TaskRecord): { code: string; message: string } {
  if (task.status === 'cancelled') return { code: 'CANCELLED', message: 'The task was cancelled.' };
  if (task.status === 'failed') {
    return { code: task.errorCode ?? 'INTERNAL', message: task.errorMessage ?? 'The task failed.' };
  }
  return { code: 'RUN_OVERTAKEN', message: `This run lost its task, which is ${task.status} now.` };
}

/** The task that an error is about, for a script. */
export function idsOf(error: unknown): ErrorIds {
  return error instanceof RunNotSucceededError ? { taskId: error.task.id } : {};
}

/**
 * | error                                       | exit |
 * |---------------------------------------------|------|
 * | the run of this command failed              |    1 |
 * | the run of this command was cancelled       |  130 |
 * | `retryable`: the store is away or slow      |    3 |
 * | `caller`, `fatal`: usage, input, settings   |    2 |
 * | anything without a code: a fault of ours    |    1 |
 */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof RunNotSucceededError) return exitCodeOfRun(error.task);
  if (!(error instanceof CodedError)) return exitCodes.failed;
  if (error.code === 'CANCELLED') return exitCodes.cancelled;
  return error.kind === 'retryable' ? exitCodes.unavailable : exitCodes.usage;
}

function exitCodeOfRun({ status }: TaskRecord): ExitCode {
  if (status === 'cancelled') return exitCodes.cancelled;
  return status === 'failed' ? exitCodes.failed : exitCodes.unavailable;
}
