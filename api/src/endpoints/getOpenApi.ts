import { z } from 'zod';
import { defineEndpoint, type Endpoint } from '../endpoint.ts';
import { openApiDocument } from '../openapi/document.ts';
import { noBody, noQuery } from './parts.ts';

/** @param endpoints gives all of them, this one among them */
export function getOpenApi(endpoints: () => readonly Endpoint[]): Endpoint {
  let document: object | undefined;
  return defineEndpoint({
    method: 'get',
    path: '/api/openapi.json',
    operationId: 'getOpenApi',
    tag: 'Documentation',
    summary: 'This document.',
    open: true,
    answers: {
      200: { description: 'OpenAPI 3.1.', content: { 'application/json': z.looseObject({ openapi: z.string() }) } },
    },
    problems: [],
    params: z.object({}),
    query: noQuery,
    body: noBody,
    async handle() {
      document ??= openApiDocument(endpoints());
      return { status: 200, body: document };
    },
  });
}
