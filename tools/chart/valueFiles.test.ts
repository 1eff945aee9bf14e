import { operationNames } from '@story-tasks/contracts';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { valuesSchemaJson, valuesYaml, withValueTable } from './valueFiles.ts';
import { valuesSchema } from './values/index.ts';

/** Part of a JSON schema. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: unknown;
  readonly $comment?: string;
}

/** Every object in a JSON schema, by its path. */
function objectsIn(node: unknown, path = ''): (readonly [string, Node])[] {
  if (typeof node !== 'object' || node === null) return [];
  const own = (node as Node).type === 'object' ? [[path, node as Node] as const] : [];
  return [...own, ...Object.entries(node).flatMap(([name, inner]) => objectsIn(inner, `${path}/${name}`))];
}

test('values.yaml has every default, and is itself what the schema asks for', () => {
  const values = parse(valuesYaml()) as Record<string, Record<string, unknown>>;
  expect(valuesSchema.parse(values)).toEqual(values);
  expect(values['worker']).toMatchObject({ autoscaling: { mode: 'operator', minReplicas: 1 }, nodeSelector: {} });
  expect(values['auth']).toMatchObject({ mode: 'serviceAccount', serviceAccount: { allowed: [] } });
  expect(values['operations']).toMatchObject({ RUN_WORKFLOW_TASK: { concurrency: 1 } });
});

test('every object of the schema refuses what it does not know, but maps, and what Kubernetes itself checks', () => {
  const lax = objectsIn(JSON.parse(valuesSchemaJson()))
    .filter(([, { additionalProperties, properties }]) => additionalProperties !== false && properties !== undefined)
    .map(([path]) => path);
  expect(lax).toEqual([]);
  const open = objectsIn(JSON.parse(valuesSchemaJson()))
    .filter(([, { additionalProperties, $comment }]) => {
      const anything = additionalProperties === undefined || JSON.stringify(additionalProperties) === '{}';
      return anything && $comment === undefined;
    })
    .map(([path]) => path);
  expect(open).toEqual([]);
});

test('every value says what it means', () => {
  const undescribed = objectsIn(JSON.parse(valuesSchemaJson())).flatMap(([, { properties = {} }]) =>
    Object.entries(properties).flatMap(([name, { description }]) => (description === undefined ? [name] : [])),
  );
  const plain = [
    'cpu',
    'memory',
    'ephemeral-storage',
    'requests',
    'limits',
    'cidr',
    'ports',
    'name',
    ...operationNames,
  ];
  expect(undescribed.filter((name) => !plain.includes(name))).toEqual([]);
});

test('the table goes between its marks, and nothing else of the README changes', () => {
  const readme = 'before\n<!-- values: begin -->\nwhat was there\n<!-- values: end -->\nafter\n';
  const written = withValueTable(readme);
  expect(written).toMatch(/^before\n<!-- values: begin -->\n\n\| value \|/);
  expect(written).toContain('| `worker.autoscaling.mode` | `"operator"` |');
  expect(written).not.toContain('what was there');
  expect(written).toMatch(/<!-- values: end -->\nafter\n$/);
  expect(withValueTable(written)).toBe(written);
  expect(() => withValueTable('no marks')).toThrow("The chart's README lacks");
});
