/** Each request timed, and traced when its caller or this installation traces: by its route's pattern, never by its URL. */
import { failSpan, inServerSpan, type Metrics, type Span } from '@story-tasks/runtime';
import type { Request, RequestHandler, Response } from 'express';

/** Anybody may send any method; those that nobody answers are not told apart. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** What a client that left before its answer counts as; the number is nginx's. */
const clientLeft = 499;

/**
 * Goes first, so that it sees what the others refuse. An answer that is a stream calls `response.locals.answering()` when it
 * begins: how long somebody then follows it says nothing of this API.
 */
export function observeRequests(metrics: Metrics): RequestHandler {
  const durations = metrics.histogram('http_request_duration_seconds');
  return (request, response, next) => {
    const startedAt = performance.now();
    const method = methods.includes(request.method) ? request.method : 'other';
    inServerSpan(method, request.headers, (span) => {
      const answered = once((status) => {
        const route = routeOf(request);
        durations.observe({ method, route, status }, (performance.now() - startedAt) / 1_000);
        endSpan(span, response, `${method} ${route}`, status);
      });
      response.locals['answering'] = () => answered(response.statusCode);
      response.once('close', () => answered(response.headersSent ? response.statusCode : clientLeft));
      next();
    });
  };
}

function routeOf({ route }: Request): string {
  return (route as { path?: string } | undefined)?.path ?? 'unmatched';
}

function endSpan(span: Span, response: Response, name: string, status: number): void {
  const { code = 'INTERNAL' } = (response.locals['notes'] ?? {}) as { code?: string };
  span.updateName(name);
  span.setAttributes({ 'http.route': name.slice(name.indexOf(' ') + 1), 'http.response.status_code': status });
  if (status >= 500) failSpan(span, code);
  span.end();
}

function once(tell: (status: number) => void): (status: number) => void {
  let told = false;
  return (status) => {
    if (!told) tell(status);
    told = true;
  };
}
