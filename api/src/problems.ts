/** The one place that turns what was thrown into RFC 9457 problem+json. */
import { STATUS_CODES } from 'node:http';
import { CodedError, type FieldError, type Problem } from '@story-tasks/contracts';

/** Our codes: the status each is told with, and when. A code that is not here is 500. */
export const problemCodes = {
  MALFORMED_JSON: { status: 400, when: 'The body is not valid JSON.' },
  MALFORMED_PATH: { status: 400, when: 'The path cannot be decoded.' },
  REQUEST_ABORTED: { status: 400, when: 'The request ended before its body did.' },
  UNAUTHENTICATED: { status: 401, when: 'There is no token, or not one that is good here.' },
  REQUESTER_NOT_FOUND: { status: 401, when: 'The user whose token this is is gone.' },
  FORBIDDEN: { status: 403, when: 'Whose token this is may not call.' },
  STORY_NOT_FOUND: { status: 404, when: 'There is no such story.' },
  TASK_NOT_FOUND: { status: 404, when: 'There is no such task.' },
  BUNDLE_NOT_FOUND: { status: 404, when: 'The story has no player bundle yet.' },
  ROUTE_NOT_FOUND: { status: 404, when: 'There is no such call.' },
  ILLEGAL_TRANSITION: { status: 409, when: 'The task’s status does not allow it.' },
  IDEMPOTENCY_CONFLICT: { status: 409, when: 'The Idempotency-Key was used for another request.' },
  BODY_TOO_LARGE: { status: 413, when: 'The body is over the limit of 512 KiB.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, when: 'The body is not application/json in UTF-8.' },
  REQUEST_INVALID: { status: 422, when: 'The request does not fit; `errors` names each fault.' },
  VALIDATION_FAILED: { status: 422, when: 'The store does not take a value.' },
  INTERNAL: { status: 500, when: 'An unexpected error, or one with a code of its own.' },
  ENQUEUE_FAILED: { status: 500, when: 'The task was made, could not be queued, and is failed; `taskId` names it.' },
  AUTH_UNAVAILABLE: { status: 503, when: 'Who knows the callers does not answer.' },
  STORE_UNAVAILABLE: { status: 503, when: 'Supabase is down, slow or overloaded.' },
  LANE_UNAVAILABLE: { status: 503, when: 'Redis is away; the task stays on record and is queued when it is back.' },
  BUNDLE_STORE_UNAVAILABLE: { status: 503, when: 'The bundle store is down or slow.' },
} as const satisfies Record<string, { status: number; when: string }>;
export type ProblemCode = keyof typeof problemCodes;

/** What the body parser refuses, by the `type` it gives its errors. */
const bodyProblems: Readonly<Record<string, { code: ProblemCode; detail?: string }>> = {
  'entity.parse.failed': { code: 'MALFORMED_JSON' },
  'entity.too.large': { code: 'BODY_TOO_LARGE' },
  'encoding.unsupported': { code: 'UNSUPPORTED_MEDIA_TYPE', detail: 'Send the body without a content encoding.' },
  'charset.unsupported': { code: 'UNSUPPORTED_MEDIA_TYPE', detail: 'Send the body in UTF-8.' },
  'request.aborted': { code: 'REQUEST_ABORTED' },
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
  if (body) return known(body.code, requestId, body.detail);
  // Express refuses a path whose percent-encoding cannot be read.
  if (error instanceof URIError) return known('MALFORMED_PATH', requestId);
  if (!(error instanceof CodedError)) {
    return known('INTERNAL', requestId, 'An unexpected error; the log has its request id.');
  }
  const { status } = (problemCodes as Readonly<Record<string, { status: number }>>)[error.code] ?? { status: 500 };
  const { taskId, errors, challenge } = error as { taskId?: string; errors?: FieldError[]; challenge?: string };
  return told({ status, code: error.code, detail: error.message, requestId, taskId, errors }, challenge);
}

function known(code: ProblemCode, requestId: string, detail?: string): ToldProblem {
  const { status, when } = problemCodes[code];
  return told({ status, code, detail: detail ?? when, requestId });
}

function told(fields: Omit<Problem, 'type' | 'title'>, challenge?: string): ToldProblem {
  const problem = { type: 'about:blank', title: STATUS_CODES[fields.status] ?? 'Error', ...fields };
  return { problem, headers: headersOf(fields.status, challenge) };
}

function headersOf(status: number, challenge = 'Bearer error="invalid_token"'): Readonly<Record<string, string>> {
  if (status === 401) return { 'WWW-Authenticate': challenge };
  return status === 503 ? { 'Retry-After': String(retryAfterSeconds) } : {};
}
