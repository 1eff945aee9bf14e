/** The release under test. */
import { fileURLToPath } from 'node:url';
import { run } from './run.ts';
import type { E2eSettings } from './settings.ts';

const chart = fileURLToPath(new URL('../../charts/story-tasks', import.meta.url));
const values = fileURLToPath(new URL('../values.yaml', import.meta.url));

export const releaseName = 'story-tasks';

/** @param set as `--set` takes them, besides those of the suite */
export async function installRelease(
  { E2E_NAMESPACE, E2E_IMAGE, E2E_TAG }: E2eSettings,
  set: Readonly<Record<string, string>> = {},
): Promise<void> {
  const image = { 'image.repository': E2E_IMAGE, 'image.tag': E2E_TAG };
  const server = await apiServer();
  const sets = Object.entries({ ...image, ...server, ...set }).flatMap(([name, value]) => [
    '--set',
    `${name}=${value}`,
  ]);
  await run('helm', [
    '-n',
    E2E_NAMESPACE,
    'upgrade',
    '--install',
    releaseName,
    chart,
    '-f',
    values,
    ...sets,
    '--wait',
    '--timeout=4m',
  ]);
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

export async function removeRelease({ E2E_NAMESPACE }: E2eSettings): Promise<void> {
  await run('helm', ['-n', E2E_NAMESPACE, 'uninstall', releaseName, '--ignore-not-found', '--wait', '--timeout=2m']);
}
