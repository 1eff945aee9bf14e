/** Runs helm, and reads what it renders. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

export const chartDir = fileURLToPath(new URL('../story-tasks', import.meta.url));
export const namespace = 'stories';

export type Values = Readonly<Record<string, unknown>>;

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** @param input of its standard input: the values, where an argument is `-f -` */
export async function helm(args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const child = spawn('helm', args, { env: { ...process.env, ...env } });
  child.stdin.end(input);
  const exited = once(child, 'exit');
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await exited) as [number];
  return { code, output, errors };
}

const withValues = (verb: readonly string[], values: Values): Promise<Outcome> =>
  helm([...verb, '--namespace', namespace, '--values', '-'], JSON.stringify(values));

const rendered = new Map<string, Promise<Manifest[]>>();

/** All objects of a release, hooks among them; rendered once for all who ask. @throws Error with helm's words */
export function render(values: Values = {}, release = 'tasks'): Promise<Manifest[]> {
  const key = `${release} ${JSON.stringify(values)}`;
  const manifests = rendered.get(key) ?? renderAnew(values, release);
  rendered.set(key, manifests);
  return manifests;
}

async function renderAnew(values: Values, release: string): Promise<Manifest[]> {
  const { code, output, errors } = await withValues(['template', release, chartDir], values);
  if (code !== 0) throw new Error(errors);
  return manifestsOf(output);
}

export function manifestsOf(yaml: string): Manifest[] {
  const documents = parseAllDocuments(yaml, { uniqueKeys: true });
  if (!Array.isArray(documents)) return [];
  const broken = documents.flatMap(({ errors }) => errors);
  if (broken.length > 0) throw broken[0];
  return documents.map((document) => document.toJS() as Manifest | null).filter((manifest) => manifest !== null);
}

/** Why helm does not render these values, in its words. @throws Error when it does */
export async function rejection(values: Values, release = 'tasks'): Promise<string> {
  const { code, errors } = await withValues(['template', release, chartDir], values);
  if (code === 0) throw new Error(`helm took the values ${JSON.stringify(values)}.`);
  return errors;
}

export const lint = (values: Values): Promise<Outcome> => withValues(['lint', '--strict', chartDir], values);

/** @throws Error when there is none */
export function one<T = Manifest>(manifests: readonly Manifest[], kind: string, name: string): T & Manifest {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (found === undefined) throw new Error(`There is no ${kind} ${name}.`);
  return found as T & Manifest;
}

export const named = (manifests: readonly Manifest[], kind: string): string[] =>
  manifests.filter((manifest) => manifest.kind === kind).map(({ metadata }) => metadata.name);
