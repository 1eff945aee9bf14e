/**
 * Writes what is made from the code: settings, metrics, OpenAPI, the dashboard, the chart's values. With --check, says what is not up
 * to date.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { llmEnvSchema } from '../agent-backend/src/llm/settings.ts';
import { endpoints } from '../api/src/endpoints/index.ts';
import { openApiYaml } from '../api/src/openapi/document.ts';
import { devEnvironment } from '../dev/src/settings.ts';
import { e2eEnvironment } from '../e2e/src/settings.ts';
import { faultsEnvironment } from '../faults/src/settings.ts';
import {
  apiEnvironment,
  authEnvironment,
  autoscalerEnvironment,
  operatorEnvironment,
  processEnvironment,
  redisEnvironment,
  settingsEnvironment,
  storeEnvironment,
  workerEnvironment,
} from '../runtime/src/environment.ts';
import { type MetricDefinition, metricDefinitions } from '../runtime/src/metrics/definitions.ts';
import { migrateEnvironment } from '../supabase/src/migrate/settings.ts';
import { valuesSchemaJson, valuesYaml, withValueTable } from './chart/valueFiles.ts';
import { dashboardJson } from './dashboard/render.ts';

const sections: readonly (readonly [string, z.ZodObject])[] = [
  ['Every process', processEnvironment],
  ['API, worker, operator: Redis', redisEnvironment],
  ['API, worker, operator, CLI: Supabase', storeEnvironment],
  ['API, worker, operator: settings of operations', settingsEnvironment],
  ['API', apiEnvironment],
  ['API: who may call', authEnvironment],
  ['Worker', workerEnvironment],
  ['Worker and CLI: the language model', llmEnvSchema],
  ['Operator', operatorEnvironment],
  ['Operator: sizing the workers', autoscalerEnvironment],
  ['Migrations (`supabase/src/migrate/main.ts`)', migrateEnvironment],
  ['`make dev` and `make demo`', devEnvironment],
  ['`make faults`', faultsEnvironment],
  ['`make e2e`', e2eEnvironment],
];

interface Property {
  readonly description?: string;
  readonly default?: unknown;
}

function table([title, schema]: readonly [string, z.ZodObject]): string {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const required = new Set(json.required ?? []);
  const rows = Object.entries(json.properties ?? {}).map(([name, value]) => {
    const { description = '', default: fallback } = value as Property;
    const shown = required.has(name) ? 'required' : fallback === undefined ? '' : `\`${String(fallback)}\``;
    return `| \`${name}\` | ${shown} | ${description} |`;
  });
  return [`## ${title}`, '', '| variable | default | meaning |', '|---|---|---|', ...rows, ''].join('\n');
}

const configuration = (): string =>
  [
    '# Configuration',
    '',
    'Written by `make generate` from the schemas that read the environment. An empty variable counts as unset.',
    '',
    ...sections.map(table),
  ].join('\n');

function metricRow([name, { type, labels, help, from }]: [string, MetricDefinition]): string {
  const shown = labels.map((label) => `\`${label}\``).join(', ');
  return `| \`${name}\` | ${type} | ${shown} | ${from.join(', ')} | ${help} |`;
}

const metrics = (): string =>
  [
    '# Metrics',
    '',
    'Written by `make generate` from the definitions. On `/metrics` of the ops port of the components named, besides what',
    'prom-client tells of every Node process (`process_…`, `nodejs_…`). How to use them: [observability](observability.md).',
    '',
    '| metric | type | labels | from | meaning |',
    '|---|---|---|---|---|',
    ...Object.entries<MetricDefinition>(metricDefinitions).map(metricRow),
    '',
  ].join('\n');

const chart = 'charts/story-tasks';

/** What is written, and what it is written from. */
const generated: readonly { readonly file: string; readonly text: () => string }[] = [
  { file: 'docs/configuration.md', text: configuration },
  { file: 'docs/metrics.md', text: metrics },
  { file: 'api/openapi.yaml', text: () => openApiYaml(endpoints) },
  { file: 'charts/story-tasks/dashboards/story-tasks.json', text: dashboardJson },
  { file: `${chart}/values.yaml`, text: valuesYaml },
  { file: `${chart}/values.schema.json`, text: valuesSchemaJson },
  { file: `${chart}/README.md`, text: () => withValueTable(readFileSync(`${chart}/README.md`, 'utf8')) },
];

function isCurrent(file: string, text: string): boolean {
  return existsSync(file) && readFileSync(file, 'utf8') === text;
}

for (const { file, text } of generated) {
  if (!process.argv.includes('--check')) writeFileSync(file, text());
  else if (!isCurrent(file, text())) {
    console.error(`${file} is not what its sources say: run \`make generate\`.`);
    process.exitCode = 1;
  }
}
