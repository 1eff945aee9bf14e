/** The OpenAPI document, made of the endpoints and of the very schemas that they validate with. */
import { stringify } from 'yaml';
import { z } from 'zod';
import manifest from '../../package.json' with { type: 'json' };
import type { Answer, Endpoint } from '../endpoint.ts';
import { Components, type Json } from './components.ts';
import { headerComponents, headersOf, problemAnswers } from './problems.ts';

const description = `Long story work as durable, cancellable, observable tasks.

Errors are problem+json (RFC 9457) with a stable \`code\`. A client's own \`X-Request-Id\` is kept when it is safe to
print. A GET answers 304 to an \`If-None-Match\` with the ETag of what it would send.`;

const bearer = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description:
    'By AUTH_MODE of the installation: a ServiceAccount’s token for the audience `story-tasks`, or a user’s token of the Supabase project, who then sees and changes only their own stories and tasks. In mode `none` there is no need of one.',
};

export function openApiDocument(endpoints: readonly Endpoint[]): Json {
  const components = new Components();
  const paths: Record<string, Record<string, Json>> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [endpoint.method]: operationOf(endpoint, components) };
  }
  return {
    openapi: '3.1.1',
    info: { title: 'Story Tasks', version: manifest.version, description, license: { name: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    tags: ['Stories', 'Tasks', 'Documentation'].map((name) => ({ name })),
    paths,
    components: {
      schemas: sorted(components.schemas),
      responses: sorted(components.responses),
      headers: headerComponents,
      securitySchemes: { bearer },
    },
  };
}

/** As api/openapi.yaml, where a change of the API shows in review. */
export function openApiYaml(endpoints: readonly Endpoint[]): string {
  const text = stringify(openApiDocument(endpoints), { aliasDuplicateObjects: false, lineWidth: 120 });
  return `# Written by \`make generate\` from the endpoints and the schemas that they validate with.\n${text}`;
}

function sorted(named: Readonly<Record<string, Json>>): Json {
  return Object.fromEntries(Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function operationOf(endpoint: Endpoint, components: Components): Json {
  const { operationId, tag, summary } = endpoint;
  const answers = Object.entries(endpoint.answers).map(([status, answer]) => [status, answerOf(answer, components)]);
  return {
    operationId,
    tags: [tag],
    summary,
    security: endpoint.open ? [] : [{ bearer: [] }],
    ...parametersOf(endpoint, components),
    ...requestBodyOf(endpoint, components),
    responses: { ...Object.fromEntries(answers), ...problemAnswers(endpoint, components) },
  };
}

function answerOf({ description, headers = [], content = {} }: Answer, components: Components): Json {
  const told = Object.entries(content).map(([type, schema]) => [type, { schema: components.output(schema) }]);
  return {
    description,
    headers: headersOf(['X-Request-Id', ...headers]),
    ...(told.length === 0 ? {} : { content: Object.fromEntries(told) }),
  };
}

function parametersOf({ params, query, headers }: Endpoint, components: Components): Json {
  const parameters = [
    ...parametersIn('path', params, components),
    ...parametersIn('query', query, components),
    ...(headers === undefined ? [] : parametersIn('header', headers, components)),
  ];
  return parameters.length === 0 ? {} : { parameters };
}

function parametersIn(place: 'path' | 'query' | 'header', schema: z.ZodType, components: Components): Json[] {
  if (!(schema instanceof z.ZodObject)) throw new TypeError(`What comes by ${place} is told field by field.`);
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, field]) => {
    const { description, ...shape } = components.input(field);
    return {
      name: place === 'header' ? headerName(name) : name,
      in: place,
      ...(isOptional(field) ? {} : { required: true }),
      ...(description === undefined ? {} : { description }),
      schema: shape,
    };
  });
}

/** Node gives the names of headers in lower case; people write them so: Idempotency-Key. */
function headerName(name: string): string {
  return name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
}

function requestBodyOf({ method, body, bodyShape }: Endpoint, components: Components): Json {
  if (method === 'get') return {};
  const schema = bodyShape ?? body;
  const content = { 'application/json': { schema: components.input(schema) } };
  return { requestBody: { ...(isOptional(schema) ? {} : { required: true }), content } };
}

function isOptional(schema: z.ZodType): boolean {
  return schema.safeParse(undefined).success;
}
