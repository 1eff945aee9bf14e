/** What can go wrong between a caller and the store: one class for each thing that a caller can act on. */
import { CodedError, type FieldError, type Task } from '@story-tasks/contracts';

/** The input does not fit; `errors` names each fault by its path. */
export class ValidationError extends CodedError {
  readonly errors: readonly FieldError[];

  constructor(errors: readonly FieldError[]) {
    const told = errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
    super('VALIDATION_FAILED', 'caller', `The input does not fit: ${told}.`);
    this.errors = errors;
  }
}

export class StoryNotFoundError extends CodedError {
  constructor(storyId: string) {
    super('STORY_NOT_FOUND', 'caller', `There is no story ${storyId}; create it first.`);
  }
}

export class TaskNotFoundError extends CodedError {
  constructor(taskId: string) {
    super('TASK_NOT_FOUND', 'caller', `There is no story task ${taskId}.`);
  }
}

export class RequesterNotFoundError extends CodedError {
  constructor(userId: string) {
    super('REQUESTER_NOT_FOUND', 'caller', `There is no user ${userId} to make that for.`);
  }
}

/** The task's state does not allow what was asked; `task` is the row as it stands. */
export class IllegalTransitionError extends CodedError {
  readonly task: Task;

  constructor(task: Task, wanted: string) {
    super('ILLEGAL_TRANSITION', 'caller', `Story task ${task.id} is ${task.status} and cannot be ${wanted}.`);
    this.task = task;
  }
}

/** The task belongs to a lane, where a write must carry the attempt that makes it. */
export class AttemptRequiredError extends CodedError {
  constructor(taskId: string) {
    super('ATTEMPT_REQUIRED', 'caller', `Story task ${taskId} is run by workers: a write must name its attempt.`);
  }
}

/** Another attempt owns the task, or none does: whatever this one does is refused. */
export class StaleAttemptError extends CodedError {
  constructor(taskId: string) {
    super('STALE_ATTEMPT', 'retryable', `This attempt no longer owns story task ${taskId}.`);
  }
}

/** Supabase cannot be reached, is overloaded, or did not answer in time. Nothing is known of what it did. */
export class StoreUnavailableError extends CodedError {
  constructor(what: string) {
    super('STORE_UNAVAILABLE', 'retryable', `The store did not take "${what}": it is down, slow or overloaded.`);
  }
}

/** Supabase answered, and refused a call that should never be refused: a fault of ours or of the installation. */
export class StoreRejectedError extends CodedError {
  /** SQLSTATE, the gateway's own code, or the HTTP status. */
  readonly answer: string;

  constructor(what: string, code: string) {
    super(
      'STORE_REJECTED',
      'fatal',
      `The store refused "${what}" (${code}). Are all migrations applied, and is SUPABASE_SECRET_KEY the service role's?`,
    );
    this.answer = code;
  }
}
