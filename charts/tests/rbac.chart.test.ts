/** The roles are the table of docs/rbac.md, in each mode: no verb more, no verb less. */
import { readFileSync } from 'node:fs';
import type { V1ClusterRole, V1Role } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { named, one, render, type Values } from './helm.ts';
import { variants } from './variants.ts';

type Component = 'Operator' | 'Worker' | 'API';
type Scaling = 'operator' | 'external' | 'none';

interface Line {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
  readonly limitedTo: string;
  readonly when: string;
}

/** Of the first column's kind of mode, the values that bring it about. */
const modes: readonly (readonly [Scaling, Values])[] = [
  ['operator', {}],
  ['external', variants.HPA],
  ['external', variants['KEDA, to zero']],
  ['none', { worker: { autoscaling: { mode: 'none' } } }],
];

test.each(modes)('the operator may do what the table says: mode %s, %j', async (scaling, values) => {
  const { rules = [] } = one<V1Role>(await render(values), 'Role', 'tasks-operator');
  expect(permissions(rules)).toEqual(documented('Operator', (line) => appliesTo(line, scaling)));
});

test('the worker and the API may do what the table says, and nothing cluster-wide but to show a token', async () => {
  const manifests = await render();
  const rulesOf = (name: string) => one<V1Role>(manifests, 'Role', name).rules ?? [];
  const { rules: clusterWide = [] } = one<V1ClusterRole>(
    manifests,
    'ClusterRole',
    named(manifests, 'ClusterRole')[0] ?? '',
  );
  expect(permissions(rulesOf('tasks-worker'))).toEqual(documented('Worker', () => true));
  expect(permissions(rulesOf('tasks-api'))).toEqual(documented('API', ({ limitedTo }) => limitedTo !== 'cluster-wide'));
  expect(permissions(clusterWide)).toEqual(documented('API', ({ limitedTo }) => limitedTo === 'cluster-wide'));
});

test.each([{ auth: { mode: 'supabase' } }, { auth: { mode: 'none', allowUnauthenticated: true } }])(
  'nothing is cluster-wide where no token is shown: %j',
  async (values) => {
    const kinds = (await render(values)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind.startsWith('ClusterRole'))).toEqual([]);
  },
);

/** The names that the settings of the table stand for in the release `tasks`. */
const names: Readonly<Record<string, string>> = {
  LEADER_LEASE: 'tasks-operator',
  OPERATIONS_CONFIGMAP: 'tasks-operations',
  WORKER_DEPLOYMENT: 'tasks-worker',
};

/** Of "when" only the mode varies: all other settings the chart always sets. */
function appliesTo({ when, resource }: Line, scaling: Scaling): boolean {
  if (resource === 'pods') return scaling !== 'none';
  const modes: readonly string[] = when.match(/`(operator|external)`/g) ?? [];
  return modes.length === 0 || when.includes('or `OPERATIONS_CONFIGMAP`') || modes.includes(`\`${scaling}\``);
}

/** `group/resource[name] verb`, in order. */
function permissions(rules: NonNullable<V1Role['rules']>): string[] {
  const all = rules.flatMap(({ apiGroups = [], resources = [], resourceNames = [''], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        resourceNames.flatMap((name) => verbs.map((verb) => `${group}/${resource}[${name}] ${verb}`)),
      ),
    ),
  );
  expect(new Set(all).size, 'nothing is said twice').toBe(all.length);
  return all.toSorted();
}

function documented(component: Component, applies: (line: Line) => boolean): string[] {
  const lines = linesOf(component).filter(applies);
  const all = lines.flatMap(({ group, resource, verbs, limitedTo }) => {
    const [, setting = ''] = /the name in `(\w+)`/.exec(limitedTo) ?? [];
    return verbs.map((verb) => `${group}/${resource}[${names[setting] ?? ''}] ${verb}`);
  });
  return [...new Set(all)].toSorted();
}

function linesOf(component: Component): Line[] {
  const text = readFileSync(new URL('../../docs/rbac.md', import.meta.url), 'utf8');
  const [, section = ''] = text.split(`## ${component}\n`);
  const rows =
    section
      .split('\n## ')[0]
      ?.split('\n')
      .filter((row) => row.startsWith('| ')) ?? [];
  const lines = rows.slice(1).map((row) => row.split('|').map((cell) => cell.trim()));
  if (lines.length === 0) throw new Error(`docs/rbac.md has no table for ${component}.`);
  const read: Line[] = [];
  for (const cells of lines) read.push(lineOf(cells, read.at(-1)));
  return read;
}

/** A cell "as above" is the one above it. */
function lineOf([, group = '', resource = '', verbs = '', limitedTo = '', when = '']: string[], above?: Line): Line {
  return {
    group: group === '(core)' ? '' : group.replaceAll('`', ''),
    resource: resource.replaceAll('`', ''),
    verbs: verbs.split(',').map((verb) => verb.trim().replaceAll('`', '')),
    limitedTo: limitedTo === 'as above' ? (above?.limitedTo ?? '') : limitedTo,
    when: when === 'as above' ? (above?.when ?? '') : when,
  };
}
