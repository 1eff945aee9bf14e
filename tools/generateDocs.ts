/** Writes docs/configuration.md from the schemas that read the environment; with --check, says whether it is up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { llmEnvSchema } from '../agent-backend/src/llm/settings.ts';
import { devEnvironment } from '../dev/src/settings.ts';
import { faultsEnvironment } from '../faults/src/settings.ts';
import {
  apiEnvironment,
  operatorEnvironment,
  processEnvironment,
  redisEnvironment,
  storeEnvironment,
  workerEnvironment,
} from '../runtime/src/environment.ts';

const file = 'docs/configuration.md';

const sections: readonly (readonly [string, z.ZodObject])[] = [
  ['Every process', processEnvironment],
  ['API, worker, operator: Redis', redisEnvironment],
  ['API, worker, operator, CLI: Supabase', storeEnvironment],
  ['API', apiEnvironment],
  ['Worker', workerEnvironment],
  ['Worker and CLI: the language model', llmEnvSchema],
  ['Operator', operatorEnvironment],
  ['`make dev` and `make demo`', devEnvironment],
  ['`make faults`', faultsEnvironment],
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

const text = [
  '# Configuration',
  '',
  'Written by `make generate` from the schemas that read the environment. An empty variable counts as unset.',
  '',
  ...sections.map(table),
].join('\n');

if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== text) {
    console.error(`${file} is not what the schemas say: run \`make generate\`.`);
    process.exit(1);
  }
} else {
  writeFileSync(file, text);
}
