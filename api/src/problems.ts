/** The one place that turns what was thrown into RFC 9457 problem+json. */
import { STATUS_CODES } from 'node:http';
import { CodedError, type FieldError, type Problem } from '@story-tasks/contracts';

/** Statuses of our codes; a code that is not here is 500. */
const statusOfCode: Readonly<Record<string, number>> = {
  REQUEST_INVALID: 422,
  VALIDATION_FAILED: 422,
  STORY_NOT_FOUND: 404,
  TASK_NOT_FOUND: 404,
  BUNDLE_NOT_FOUND: 404,
  ROUTE_NOT_FOUND: 404,
  ILLEGAL_TRANSITION: 409,
  IDEMPOTENCY_CONFLICT: 409,
  UNSUPPORTED_MEDIA_TYPE: 415,
  ENQUEUE_FAILED: 500,
  STORE_UNAVAILABLE: 503,
  LANE_UNAVAILABLE: 503,
  BUNDLE_STORE_UNAVAILABLE: 503,
};

/** What the body parser refuses, by the `type` it gives its errors. */
const bodyProblems: Readonly<Record<string, { status: number; code: string; detail: string }>> = {
  'entity.parse.failed': { status: 400, code: 'MALFORMED_JSON', detail: 'The body is not valid JSON.' },
  'entity.too.large': { status: 413, code: 'BODY_TOO_LARGE', detail: 'The body is over the limit of 512 KiB.' },
  'encoding.unsupported': {
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
    detail: 'Send the body without a content encoding.',
  },
  'charset.unsupported': { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', detail: 'Send the body in UTF-8.' },
  'request.aborted': { status: 400, code: 'REQUEST_ABORTED', detail: 'The request ended before its body did.' },
};

/** Seconds after which a client may ask again when a service behind the API is away. */
const retryAfterSeconds = 2;

export interface ToldProblem {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

/** Nothing of an unexpected error is told but that there was one; its type goes to the log. */
export function problemOf(error: unknown, requestId: string): ToldProblem {
  const body = bodyProblems[(error as { type?: string } | null)?.type ?? ''];
  if (body) return told({ ...body, requestId });
  // Express refuses a path whose percent-encoding cannot be read.
  if (error instanceof URIError)
    return told({ status: 400, code: 'MALFORMED_PATH', detail: 'The path cannot be decoded.', requestId });
  if (!(error instanceof CodedError)) {
    return told({
      status: 500,
      code: 'INTERNAL',
      detail: 'An unexpected error; the log has its request id.',
      requestId,
    });
  }
  const status = statusOfCode[error.code] ?? 500;
  const { taskId, errors } = error as { taskId?: string; errors?: FieldError[] };
  return told({ status, code: error.code, detail: error.message, requestId, taskId, errors });
}

function told(fields: Omit<Problem, 'type' | 'title'>): ToldProblem {
  const problem = { type: 'about:blank', title: STATUS_CODES[fields.status] ?? 'Error', ...fields };
  return { problem, headers: fields.status === 503 ? { 'Retry-After': String(retryAfterSeconds) } : {} };
}
