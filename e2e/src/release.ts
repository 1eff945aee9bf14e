/** The release under test. */
import { fileURLToPath } from 'node:url';
import type { Kubectl } from './kubectl.ts';
import { run } from './run.ts';
import type { E2eSettings } from './settings.ts';

const chart = fileURLToPath(new URL('../../charts/story-tasks', import.meta.url));
const suiteValues = fileURLToPath(new URL('../values.yaml', import.meta.url));

export const releaseName = 'story-tasks';

/** That admits restricted pods alone. */
export async function makeNamespace(kubectl: Kubectl, name: string): Promise<void> {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await kubectl.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
}

interface InstallOptions {
  /** Besides those of the suite, and before them. */
  readonly values?: Readonly<Record<string, unknown>>;
  /** false: until all is ready somebody else waits. */
  readonly wait?: boolean;
}

/** @param set as `--set` takes them, before all others */
export async function installRelease(
  { E2E_NAMESPACE: namespace, E2E_IMAGE, E2E_TAG }: E2eSettings,
  set: Readonly<Record<string, string>> = {},
  { values = {}, wait = true }: InstallOptions = {},
): Promise<void> {
  const image = { 'image.repository': E2E_IMAGE, 'image.tag': E2E_TAG };
  const callers = {
    'auth.serviceAccount.allowed': `{${namespace}/client}`,
    // The suite reads metrics from its own namespace too.
    'networkPolicy.monitoring.namespaces': `{monitoring,${namespace}}`,
  };
  const sets = Object.entries({ ...image, ...callers, ...(await apiServer()), ...set });
  const args = [
    ...['-n', namespace, 'upgrade', '--install', releaseName, chart, '-f', suiteValues, '-f', '-'],
    ...sets.flatMap(([name, value]) => ['--set', `${name}=${value}`]),
    ...(wait ? ['--wait'] : []),
    '--timeout=4m',
  ];
  await run('helm', args, JSON.stringify(values));
}

/** Where the API server really is: what NetworkPolicies see. */
async function apiServer(): Promise<Record<string, string>> {
  const text = await run('kubectl', ['-n', 'default', 'get', 'endpointslice', 'kubernetes', '-o', 'json']);
  const { endpoints, ports } = JSON.parse(text);
  return {
    'networkPolicy.apiServer.cidr': `${endpoints[0].addresses[0]}/32`,
    'networkPolicy.apiServer.port': String(ports[0].port),
  };
}

/** To the revision before. */
export async function rollBackRelease({ E2E_NAMESPACE }: E2eSettings): Promise<void> {
  await run('helm', ['-n', E2E_NAMESPACE, 'rollback', releaseName, '--wait', '--timeout=4m']);
}

export async function removeRelease({ E2E_NAMESPACE }: E2eSettings, { wait = true } = {}): Promise<void> {
  const waiting = wait ? ['--wait', '--timeout=2m'] : [];
  await run('helm', ['-n', E2E_NAMESPACE, 'uninstall', releaseName, '--ignore-not-found', ...waiting]);
}
