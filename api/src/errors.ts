/** What the API itself refuses. */
import { CodedError, type FieldError } from '@story-tasks/contracts';

/** Nobody is known to call: there is no token, or not one that is good here. Which fault it has is not told. */
export class UnauthenticatedError extends CodedError {
  /** For the header WWW-Authenticate (RFC 6750). */
  readonly challenge: string;

  constructor(token: 'missing' | 'refused') {
    const said =
      token === 'missing' ? 'Send a token: Authorization: Bearer …' : 'The token is not one that is good here.';
    super('UNAUTHENTICATED', 'caller', said);
    this.challenge = token === 'missing' ? 'Bearer' : 'Bearer error="invalid_token"';
  }
}

/** It is known who calls, and they may not. */
export class ForbiddenError extends CodedError {
  constructor(account: string) {
    super(
      'FORBIDDEN',
      'caller',
      `ServiceAccount ${account} may not call this API; AUTH_ALLOWED_SERVICE_ACCOUNTS says who may.`,
    );
  }
}

/** Whoever knows the callers does not answer; nobody is let in on a guess. */
export class AuthUnavailableError extends CodedError {
  constructor() {
    super('AUTH_UNAVAILABLE', 'retryable', 'Tokens cannot be checked at this moment.');
  }
}

export class AuthKeysMissingError extends CodedError {
  constructor() {
    super(
      'AUTH_KEYS_MISSING',
      'fatal',
      'AUTH_MODE is supabase, and the project publishes no public key to check tokens by: set AUTH_JWT_SECRET to its JWT secret, or AUTH_JWKS_URL to where its keys are.',
    );
  }
}

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
