/** The HTTP API as an Express app: limits and headers first, then the endpoints, then the one place for errors. */
import { randomUUID } from 'node:crypto';
import { CodedError, fieldErrors } from '@story-tasks/contracts';
import type { Logger } from '@story-tasks/runtime';
import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { z } from 'zod';
import type { Authentication } from './auth/authentication.ts';
import type { Principal } from './auth/principal.ts';
import { scopeOf } from './auth/scope.ts';
import type { ApiDependencies } from './dependencies.ts';
import type { Endpoint, Reply } from './endpoint.ts';
import { endpoints } from './endpoints/index.ts';
import { RequestInvalidError, UnsupportedMediaTypeError } from './errors.ts';
import { observeRequests } from './observeRequests.ts';
import { problemOf } from './problems.ts';

/** Room for the longest prompt in any encoding of it. */
const bodyLimit = '512kb';

export function createApp(dependencies: ApiDependencies, { authenticate }: Authentication): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(observeRequests(dependencies.metrics));
  app.use(helmet());
  app.use(identify, logRequests(dependencies.logger));
  const [open, closed] = [
    endpoints.filter((endpoint) => endpoint.open),
    endpoints.filter((endpoint) => !endpoint.open),
  ];
  for (const endpoint of open) app[endpoint.method](endpoint.path, route(endpoint, dependencies));
  // Whatever was not answered so far: a list of paths to guard could be evaded by writing one of them in another way.
  app.use(requireCaller(authenticate));
  app.use(requireJson, express.json({ limit: bodyLimit, strict: false }));
  for (const endpoint of closed) app[endpoint.method](endpoint.path, route(endpoint, dependencies));
  app.use((request) => {
    const { method, path } = request;
    throw new CodedError('ROUTE_NOT_FOUND', 'caller', `There is no ${method} ${path}; see /api/docs.`);
  });
  app.use(tellProblem(dependencies.logger));
  return app;
}

const requestIdPattern = /^[\w.:-]{1,100}$/;

/** A caller's own request id is kept when it is safe to print. */
function identify(request: Request, response: Response, next: NextFunction): void {
  const given = request.get('x-request-id') ?? '';
  response.locals['requestId'] = requestIdPattern.test(given) ? given : randomUUID();
  response.locals['notes'] = {};
  response.setHeader('X-Request-Id', String(response.locals['requestId']));
  next();
}

/** One line a request. The route's pattern, never the URL: a query may carry anything. */
function logRequests(logger: Logger): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now();
    response.once('close', () => {
      const route = (request.route as { path?: string } | undefined)?.path ?? null;
      const { requestId, notes } = response.locals;
      const durationMs = Math.round((performance.now() - startedAt) * 10) / 10;
      logger.info(
        { requestId, method: request.method, route, status: response.statusCode, durationMs, ...notes },
        'request',
      );
    });
    next();
  };
}

/** Before the body is read: a stranger's is not worth the room. */
function requireCaller(authenticate: Authentication['authenticate']): RequestHandler {
  return async (request, response, next) => {
    const principal = await authenticate(request.headers.authorization);
    response.locals['principal'] = principal;
    if (principal.requester !== 'anonymous') response.locals['notes'].requester = principal.requester;
    next();
  };
}

/** A body of another type would be skipped by the JSON parser, and its sender told of missing fields. */
function requireJson(request: Request, _response: Response, next: NextFunction): void {
  const hasBody = Number(request.get('content-length') ?? 0) > 0 || request.get('transfer-encoding') !== undefined;
  if (hasBody && !request.is(['json', '+json'])) throw new UnsupportedMediaTypeError();
  next();
}

function route(endpoint: Endpoint, dependencies: ApiDependencies): RequestHandler {
  return async (request, response) => {
    const notes = response.locals['notes'] as Record<string, string>;
    const principal = (response.locals['principal'] ?? nobody) as Principal;
    const reply = await endpoint.handle(scopeOf(dependencies, principal), {
      params: checked(endpoint.params, request.params, ''),
      query: checked(endpoint.query, request.query, ''),
      body: checked(endpoint.body, request.body, ''),
      headers: checked(endpoint.headers ?? noHeaders, request.headers, '') as Record<string, unknown>,
      principal,
      // An answer to HEAD has no body that could be streamed.
      preferred: (types) => (request.method === 'HEAD' ? (types[0] ?? false) : request.accepts([...types])),
      note: (fields) => void Object.assign(notes, fields),
      logger: dependencies.logger.child({ requestId: response.locals['requestId'] }),
    });
    send(response, reply);
  };
}

const noHeaders = z.object({});

/** Of an open endpoint. */
const nobody: Principal = { requester: 'anonymous', userId: null };

function checked(schema: z.ZodType, value: unknown, prefix: string): unknown {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new RequestInvalidError(fieldErrors(parsed.error, prefix));
  return parsed.data;
}

function send(response: Response, reply: Reply): void {
  response.status(reply.status).set(reply.headers ?? {});
  if ('stream' in reply) (response.locals['answering'] as () => void)();
  if ('stream' in reply) reply.stream(response);
  else if (reply.body === undefined) response.end();
  else if (typeof reply.body === 'string') response.send(reply.body);
  else response.json(reply.body);
}

function tellProblem(logger: Logger) {
  return (error: unknown, _request: Request, response: Response, _next: NextFunction): void => {
    const requestId = String(response.locals['requestId']);
    const { problem, headers } = problemOf(error, requestId);
    const notes = response.locals['notes'] as Record<string, string>;
    Object.assign(notes, { code: problem.code }, problem.taskId === undefined ? {} : { taskId: problem.taskId });
    if (problem.status >= 500) logger.error({ requestId, code: problem.code, error }, 'request failed');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.status(problem.status).set(headers).type('application/problem+json').send(JSON.stringify(problem));
  };
}
