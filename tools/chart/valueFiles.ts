/** What is written from the chart's values: values.schema.json, values.yaml, and the table of its README. */
import { z } from 'zod';
import { valuesSchema } from './values/index.ts';

interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Property>>;
}

/** One value, or a section of them. */
interface Entry {
  readonly path: readonly string[];
  readonly property: Property;
  /** A section's values follow it, and have no default together. */
  readonly isSection: boolean;
}

/** In draft 7, which every helm 3 reads. */
const jsonSchema = () => z.toJSONSchema(valuesSchema, { io: 'input', target: 'draft-7' }) as Property;

function entries(properties: Readonly<Record<string, Property>>, path: readonly string[] = []): Entry[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const here = [...path, name];
    const isSection = property.properties !== undefined && property.default === undefined;
    const inside = isSection ? entries(property.properties ?? {}, here) : [];
    return [{ path: here, property, isSection }, ...inside];
  });
}

/** Those that have a place in values.yaml. */
const listed = () =>
  entries(jsonSchema().properties ?? {}).filter(
    ({ property, isSection }) => isSection || property.default !== undefined,
  );

export const valuesSchemaJson = (): string => `${JSON.stringify(jsonSchema(), null, 2)}\n`;

export function valuesYaml(): string {
  const head = '# The values of the chart. Written by `make generate` from tools/chart/values.';
  return `${[head, ...listed().flatMap(yamlLines)].join('\n')}\n`;
}

function yamlLines({ path, property, isSection }: Entry): string[] {
  const indent = '  '.repeat(path.length - 1);
  const comment = wrapped(property.description ?? '', 118 - indent.length).map((line) => `${indent}# ${line}`);
  const value = isSection ? '' : yamlValue(property.default, indent);
  const apart = path.length === 1 ? [''] : [];
  return [...apart, ...comment, `${indent}${path.at(-1)}:${value}`];
}

/** Maps of maps on lines of their own; all else on one. */
function yamlValue(value: unknown, indent: string): string {
  if (!isMap(value) || !Object.values(value).some(isMap)) return ` ${inline(value)}`;
  return Object.entries(value)
    .map(([name, inner]) => `\n${indent}  ${name}: ${inline(inner)}`)
    .join('');
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const plain = /^[A-Za-z][\w./-]*( [\w./-]+)*$/;

function inline(value: unknown): string {
  if (isMap(value)) {
    const fields = Object.entries(value).map(([name, inner]) => `${name}: ${inline(inner)}`);
    return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
  }
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  // Words that YAML takes for a boolean or for nothing are quoted.
  return typeof value === 'string' && plain.test(value) && !/^(y|n|yes|no|on|off|true|false|null|none)$/i.test(value)
    ? value
    : JSON.stringify(value);
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

const begin = '<!-- values: begin -->';
const end = '<!-- values: end -->';

/** @param readme with the two marks, between which the table goes */
export function withValueTable(readme: string): string {
  const [before, rest] = readme.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`The chart's README lacks ${begin} … ${end}.`);
  const rows = listed().map(tableRow);
  return [
    `${before}${begin}`,
    '',
    '| value | default | meaning |',
    '|---|---|---|',
    ...rows,
    '',
    `${end}${after}`,
  ].join('\n');
}

function tableRow({ path, property, isSection }: Entry): string {
  const choices = property.enum ? ` One of ${property.enum.map((name) => `\`${String(name)}\``).join(', ')}.` : '';
  const meaning = `${property.description ?? ''}${choices}`.replaceAll('|', '\\|');
  const fallback = isSection ? '' : `\`${JSON.stringify(property.default)}\``;
  return `| \`${path.join('.')}\` | ${fallback} | ${meaning} |`;
}
