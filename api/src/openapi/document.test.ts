import { Validator } from '@seriousme/openapi-schema-validator';
import { Metrics } from '@story-tasks/runtime';
import { expect, test } from 'vitest';
import { createApp } from '../app.ts';
import { everybody } from '../auth/authentication.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { endpoints } from '../endpoints/index.ts';
import { openApiDocument } from './document.ts';

type Document = { paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>> };
const document = openApiDocument(endpoints) as unknown as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ call: `${method} ${path}`, ...operation })),
);

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
}

/** Every route of the app itself, as the document writes them. */
function routes(): string[] {
  // Nothing is called, so nothing is needed to call it with but what counts requests.
  const dependencies = { metrics: new Metrics() } as ApiDependencies;
  const { router } = createApp(dependencies, everybody) as unknown as { router: { stack: Layer[] } };
  return router.stack.flatMap(({ route }) =>
    route ? Object.keys(route.methods).map((method) => `${method} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`) : [],
  );
}

test('the document is valid OpenAPI 3.1, and all that it refers to is there', async () => {
  const validator = new Validator();
  expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
  expect(() => validator.resolveRefs()).not.toThrow();
});

test('a document with a fault is not', async () => {
  const faulty = { ...structuredClone(document), paths: { '/api/x': { get: { responses: 'none' } } } };
  expect((await new Validator().validate(faulty)).valid).toBe(false);
});

test('every route of the app is in the document, and nothing else', () => {
  const documented = operations.map(({ call }) => call);
  expect(routes().length).toBeGreaterThan(10);
  expect(documented.toSorted()).toEqual(routes().toSorted());
});

test('every call has a name of its own, an answer, and says that it can fail', () => {
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  for (const { responses } of operations) {
    expect(Object.keys(responses)).toEqual(expect.arrayContaining([expect.stringMatching(/^20/), '422', '500']));
  }
});
