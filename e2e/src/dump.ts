/** What a failure leaves to look at: pods, events, logs, in one folder. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kubectlIn } from './kubectl.ts';
import { dumpFolder, e2eSettings } from './settings.ts';

/** @returns the folder */
export async function dump(name: string, namespace = e2eSettings().E2E_NAMESPACE): Promise<string> {
  const folder = join(dumpFolder, name.replaceAll(/\W+/g, '-').slice(0, 80));
  await mkdir(folder, { recursive: true });
  const kubectl = kubectlIn(namespace);
  const keep = async (file: string, args: readonly string[]) => {
    const text = await kubectl.run(args).catch((error: Error) => error.message);
    await writeFile(join(folder, file), text);
  };
  await keep('pods.txt', ['get', 'pods', '-o', 'wide']);
  await keep('describe.txt', ['describe', 'pods,deployments,jobs']);
  await keep('events.txt', ['get', 'events', '--sort-by=.lastTimestamp']);
  const pods = await kubectl.list('pods').catch(() => []);
  for (const { metadata } of pods) {
    await keep(`${metadata.name}.log`, ['logs', metadata.name, '--all-containers', '--tail=2000']);
    await keep(`${metadata.name}.previous.log`, [
      'logs',
      metadata.name,
      '--all-containers',
      '--previous',
      '--tail=500',
    ]);
  }
  return folder;
}
