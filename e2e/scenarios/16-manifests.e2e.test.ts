/** What the chart makes, with every toggle on, as a real API server sees it: field by field, and nothing is kept. */
import { expect } from 'vitest';
import { type Manifest, render } from '../../charts/tests/helm.ts';
import { variantNames, variants } from '../../charts/tests/variants.ts';
import { tell } from '../src/figures.ts';
import { type Kubectl, kubectlIn } from '../src/kubectl.ts';
import { makeNamespace } from '../src/release.ts';
import { scenario } from '../src/scenario.ts';

/** Another one than the suite's: nothing here is there already, and would only be compared. */
const namespace = 'story-tasks-e2e-manifests';

scenario(
  'the API server takes every object of the chart, with no field that it does not know',
  { timeout: 120_000 },
  async () => {
    const kubectl = kubectlIn(namespace);
    await makeNamespace(kubectl, namespace);
    try {
      const known = await kindsKnown(kubectl);
      const manifests = await Promise.all(variantNames.map((variant) => render(variants[variant])));
      const fit = manifests.map((release) => release.filter(({ kind }) => known.has(kind)).map(inNamespace));
      for (const release of fit)
        await kubectl.run(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], listOf(release));
      const left = new Set(manifests.flat().map(({ kind }) => kind)).difference(known);
      tell(
        `${fit.flat().length} objects of ${fit.length} releases taken; unknown to this cluster: ${[...left].join(', ') || 'none'}`,
      );
      expect(fit.flat().length).toBeGreaterThan(200);
    } finally {
      await kubectl.run(['delete', 'namespace', namespace, '--wait=false']);
    }
  },
);

async function kindsKnown(kubectl: Kubectl): Promise<Set<string>> {
  const lines = (await kubectl.run(['api-resources', '--no-headers'])).trim().split('\n');
  return new Set(lines.map((line) => line.split(/\s+/).at(-1) ?? ''));
}

/** What the whole cluster has is in none. */
const inNamespace = (manifest: Manifest): Manifest =>
  manifest.metadata.namespace === undefined ? manifest : { ...manifest, metadata: { ...manifest.metadata, namespace } };
const listOf = (items: readonly Manifest[]) => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
