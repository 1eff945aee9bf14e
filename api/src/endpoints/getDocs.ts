/** The document as a page to read and to try. All of it comes from this process: a cluster may have no way out. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { z } from 'zod';
import { defineEndpoint, type Endpoint } from '../endpoint.ts';
import { noBody, noQuery } from './parts.ts';

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Story Tasks: the HTTP API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
`;

/** Without a validator: it would send the document to a site of Swagger's. */
const start = `SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
});
`;

/** As the API's own, but for Swagger UI's inline styles and images, and without a change to https, which may not be there. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const require = createRequire(import.meta.url);

interface File {
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly type: string;
  readonly read: () => Promise<string>;
}

const files: readonly File[] = [
  {
    path: '/api/docs',
    operationId: 'getDocs',
    summary: 'This document as a page, to read and to try.',
    type: 'text/html',
    read: async () => page,
  },
  {
    path: '/api/docs/start.js',
    operationId: 'getDocsStart',
    summary: 'Of that page: what starts it.',
    type: 'text/javascript',
    read: async () => start,
  },
  {
    path: '/api/docs/swagger-ui.css',
    operationId: 'getDocsStyle',
    summary: 'Of that page: its style.',
    type: 'text/css',
    read: () => readFile(require.resolve('swagger-ui-dist/swagger-ui.css'), 'utf8'),
  },
  {
    path: '/api/docs/swagger-ui-bundle.js',
    operationId: 'getDocsScript',
    summary: 'Of that page: Swagger UI.',
    type: 'text/javascript',
    read: () => readFile(require.resolve('swagger-ui-dist/swagger-ui-bundle.js'), 'utf8'),
  },
];

export const getDocs: readonly Endpoint[] = files.map(({ path, operationId, summary, type, read }) => {
  let body: Promise<string> | undefined;
  return defineEndpoint({
    method: 'get',
    path,
    operationId,
    tag: 'Documentation',
    summary,
    open: true,
    answers: { 200: { description: 'The file.', content: { [type]: z.string() } } },
    problems: [],
    params: z.object({}),
    query: noQuery,
    body: noBody,
    async handle() {
      body ??= read();
      const headers = { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-cache' };
      return { status: 200, headers: { ...headers, 'Content-Security-Policy': policy }, body: await body };
    },
  });
});
