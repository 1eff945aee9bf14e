/** What the API itself refuses. */
import { CodedError, type FieldError } from '@story-tasks/contracts';

/** The request was read, and does not fit; told as 422. */
export class RequestInvalidError extends CodedError {
  readonly errors: readonly FieldError[];

  constructor(errors: readonly FieldError[]) {
    super('REQUEST_INVALID', 'caller', 'The request does not fit.');
    this.errors = errors;
  }
}

/** The task exists, and could not be put into its lane; it is failed. */
export class TaskNotEnqueuedError extends CodedError {
  readonly taskId: string;

  constructor(taskId: string) {
    super(
      'ENQUEUE_FAILED',
      'retryable',
      'The task was created but could not be queued, and is failed. Create it again.',
    );
    this.taskId = taskId;
  }
}

export class IdempotencyConflictError extends CodedError {
  constructor() {
    super('IDEMPOTENCY_CONFLICT', 'caller', 'This Idempotency-Key was used for another request; choose a new one.');
  }
}

export class BundleNotFoundError extends CodedError {
  constructor(storyId: string) {
    super('BUNDLE_NOT_FOUND', 'caller', `Story ${storyId} has no player bundle yet; run BUILD_PLAYER_BUNDLE.`);
  }
}

export class UnsupportedMediaTypeError extends CodedError {
  constructor() {
    super('UNSUPPORTED_MEDIA_TYPE', 'caller', 'Send the body as application/json.');
  }
}
