/** What a call can end with, besides its answer. Each has a stable `code` and a `kind`: whose turn it is. */
import { CodedError, type Problem } from '@story-tasks/contracts';

/** The API refused the call, or failed at it. `code` is the problem's own, as STORY_NOT_FOUND. */
export class StoryTasksError extends CodedError {
  /** The HTTP status. */
  readonly status: number;
  readonly problem: Problem;
  /** Of this request, as the API's log has it. */
  readonly requestId: string | undefined;
  /** Seconds after which to ask again, where the API says so. */
  readonly retryAfter: number | undefined;

  constructor(problem: Problem, retryAfter?: number) {
    super(problem.code, isPassing(problem.status) ? 'retryable' : 'caller', wordsOf(problem));
    this.status = problem.status;
    this.problem = problem;
    this.requestId = problem.requestId;
    this.retryAfter = retryAfter;
  }
}

/** Too many requests, or a fault on the other side. */
function isPassing(status: number): boolean {
  return status === 429 || status >= 500;
}

function wordsOf({ title, detail, errors = [] }: Problem): string {
  const faults = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  return [detail ?? title, faults].filter(Boolean).join(' ');
}

/** No answer: the API cannot be reached, broke off, or took too long. Whether it did the work is not known. */
export class StoryTasksConnectionError extends CodedError {
  /** True when the request was not even sent: then nothing was done. */
  readonly neverSent: boolean;

  constructor(message: string, neverSent: boolean, options?: ErrorOptions) {
    super('API_UNREACHABLE', 'retryable', message, options);
    this.neverSent = neverSent;
  }
}

/** An answer that is none of this API's: another version, or something else at this URL. */
export class UnexpectedAnswerError extends CodedError {
  constructor(message: string) {
    super('API_ANSWER_UNEXPECTED', 'fatal', message);
  }
}

/** The client was called with what no request can be made of. Values are not repeated: one may be a token. */
export class ClientUsageError extends CodedError {
  constructor(message: string) {
    super('CLIENT_USAGE', 'caller', message);
  }
}
