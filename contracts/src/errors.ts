/**
 * The one error shape that crosses part boundaries. A `code` is stable and is what callers match on; the message is
 * for people, and carries no secret, no prompt text and no token.
 */

/** Who can do something about it: the caller (bad input), time (worth a retry), or nobody without a fix. */
export type ErrorKind = 'caller' | 'retryable' | 'fatal';

/** Base of every error with a stable code. */
export class CodedError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;

  /**
   * @param code stable, SCREAMING_SNAKE_CASE, unique over the project (tested)
   * @param kind decides whether a task that failed with it may be tried again
   * @param message for people; already redacted
   */
  constructor(code: string, kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.kind = kind;
  }
}

/** A code, a kind and a message for any thrown value, with nothing of the value that was not meant to be shown. */
export function describeError(error: unknown): { code: string; kind: ErrorKind; message: string } {
  if (error instanceof CodedError) {
    return { code: error.code, kind: error.kind, message: error.message };
  }
  return {
    code: 'INTERNAL',
    kind: 'fatal',
    message: 'An unexpected error ended the run; the process log has its type.',
  };
}
