/** The refusals of an endpoint: what it says itself, and what follows from what it takes. */
import { problemSchema } from '@story-tasks/contracts';
import type { Endpoint } from '../endpoint.ts';
import { type ProblemCode, problemCodes } from '../problems.ts';
import type { Components, Json } from './components.ts';

/** @returns answers by status, one for all codes that share it */
export function problemAnswers(endpoint: Endpoint, components: Components): Record<string, Json> {
  const byStatus = Map.groupBy(problemCodesOf(endpoint), (code) => problemCodes[code].status);
  const answers = [...byStatus].map(([status, codes]) => [String(status), problemAnswer(status, codes, components)]);
  return Object.fromEntries(answers);
}

function problemCodesOf(endpoint: Endpoint): ProblemCode[] {
  return [
    ...(endpoint.open ? [] : (['UNAUTHENTICATED', 'FORBIDDEN', 'AUTH_UNAVAILABLE'] as const)),
    ...(endpoint.path.includes('/:') ? (['MALFORMED_PATH'] as const) : []),
    ...(endpoint.method === 'post' ? (['MALFORMED_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const) : []),
    'REQUEST_INVALID',
    ...endpoint.problems,
    'INTERNAL',
  ];
}

const headersByStatus: Readonly<Record<number, readonly (keyof typeof headerComponents)[]>> = {
  401: ['WWW-Authenticate'],
  503: ['Retry-After'],
};

function problemAnswer(status: number, codes: readonly ProblemCode[], components: Components): Json {
  // Any other error of ours is a 500 with its own code, so that those cannot be counted up.
  const code = status === 500 ? {} : { code: { enum: codes } };
  const schema = {
    allOf: [components.output(problemSchema), { properties: { status: { const: status }, ...code } }],
  };
  return components.response(codes.join('-'), {
    description: codes.map((name) => `${name}: ${problemCodes[name].when}`).join('\n\n'),
    headers: headersOf(['X-Request-Id', ...(headersByStatus[status] ?? [])]),
    content: { 'application/problem+json': { schema } },
  });
}

/** Told once, in `components.headers`. */
export const headerComponents = {
  Location: { required: true, description: 'Path of what was made.', schema: { type: 'string' } },
  'Retry-After': { required: true, description: 'Seconds after which to ask again.', schema: { type: 'integer' } },
  'WWW-Authenticate': {
    required: true,
    description: 'Bearer, with error="invalid_token" when a token came.',
    schema: { type: 'string' },
  },
  'X-Request-Id': {
    required: true,
    description: 'The request’s own id when it is safe to print, else a new one; the log has it.',
    schema: { type: 'string' },
  },
};

export function headersOf(names: readonly (keyof typeof headerComponents)[]): Json {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
