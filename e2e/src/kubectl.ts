/** The cluster as kubectl tells it, within one namespace. */
import { spawn } from 'node:child_process';
import { run } from './run.ts';

export interface KubeObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: a cluster's objects are of many kinds, and read in few places
  readonly [field: string]: any;
}

export type Kubectl = ReturnType<typeof kubectlIn>;

export function kubectlIn(namespace: string) {
  const kubectl = (args: readonly string[], input?: string) => run('kubectl', ['-n', namespace, ...args], input);
  return {
    run: kubectl,
    get: async (kind: string, name: string): Promise<KubeObject> =>
      JSON.parse(await kubectl(['get', kind, name, '-o', 'json'])),
    list: async (kind: string, ...args: string[]): Promise<KubeObject[]> =>
      JSON.parse(await kubectl(['get', kind, '-o', 'json', ...args])).items,
    apply: (manifest: object | readonly object[]) => kubectl(['apply', '-f', '-'], manifestText(manifest)),
    /** Ends when it is gone. */
    delete: (kind: string, name: string, ...args: string[]) =>
      kubectl(['delete', kind, name, '--ignore-not-found', ...args]),
    rolledOut: (workload: string, seconds = 180) => kubectl(['rollout', 'status', workload, `--timeout=${seconds}s`]),
    /** In a container of the pod; its stdout. */
    exec: (pod: string, command: readonly string[], input?: string) =>
      kubectl(['exec', '-i', pod, '--', ...command], input),
    /** A command that goes on: its stdin and stdout are ours. */
    spawn: (args: readonly string[]) =>
      spawn('kubectl', ['-n', namespace, ...args], { stdio: ['pipe', 'pipe', 'inherit'] }),
  };
}

function manifestText(manifest: object | readonly object[]): string {
  const items = Array.isArray(manifest) ? manifest : [manifest];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}
