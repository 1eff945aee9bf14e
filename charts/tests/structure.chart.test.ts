/** Every object is what Kubernetes knows by that name: no field that it would pass over, no value of another type. */
import { expect, test } from 'vitest';
import { lint, render } from './helm.ts';
import { problemsOf } from './kubernetesTypes.ts';
import { variantNames, variants } from './variants.ts';

test.each(variantNames)('objects have the fields that Kubernetes gives them, and no others: %s', async (variant) => {
  const manifests = await render(variants[variant]);
  expect(manifests.flatMap(problemsOf)).toEqual([]);
});

test('a field that Kubernetes does not know, one of another type and one too few are noticed', () => {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'x' },
    spec: { ports: [{ port: '80', nmae: 'http' }], selector: ['x'] },
  };
  expect(problemsOf(service)).toEqual([
    'Service x spec.ports.0.port: not a number',
    'Service x spec.ports.0.nmae: unknown to V1ServicePort',
    'Service x spec.selector: not a map',
  ]);
  expect(problemsOf({ ...service, apiVersion: 'v2' })).toEqual([
    'Service x: v2 Service is nothing that this chart should make',
  ]);
  expect(
    problemsOf({ apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', metadata: { name: 'x' }, spec: {} } as never),
  ).not.toEqual([]);
});

test.each(variantNames)('helm finds nothing to say against it: %s', async (variant) => {
  const { code, output } = await lint(variants[variant]);
  expect(code, output).toBe(0);
});
