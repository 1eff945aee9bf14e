/** A scenario with a release of its own, in a namespace of its own, that stands on a Supabase and a Redis of somebody else. */
import { afterAll, describe, onTestFailed, test } from 'vitest';
import { ClientPod } from './clientPod.ts';
import { dump } from './dump.ts';
import { kubectlIn } from './kubectl.ts';
import { type Project, startProject } from './project.ts';
import { installRelease, makeNamespace, removeRelease } from './release.ts';
import type { ScenarioOptions } from './scenario.ts';
import { type E2eSettings, e2eSettings } from './settings.ts';
import { clientPodName, System } from './system.ts';

interface External {
  readonly system: System;
  readonly project: Project;
  /** Installs or upgrades the release as the guide does. @param set as `--set` takes them */
  install(set?: Readonly<Record<string, string>>, options?: { readonly wait?: boolean }): Promise<void>;
}

interface ExternalOptions extends ScenarioOptions {
  readonly namespace: string;
}

/** There is room for it beside the main release, and always a worker. */
const small = { 'supabase.migrations.resources.requests.cpu': '10m', 'worker.autoscaling.minReplicas': '1' };

export function externalScenario(
  name: string,
  { namespace, timeout }: ExternalOptions,
  play: (external: External) => Promise<void>,
): void {
  const settings = { ...e2eSettings(), E2E_NAMESPACE: namespace };
  describe('with a release of its own', () => {
    let system: System | undefined;
    afterAll(async () => {
      system?.close();
      if (settings.KEEP !== '1') await removeAll(settings, { wait: false });
    });
    test(name, { timeout }, async () => {
      onTestFailed(async () => console.error(`left in ${await dump(name, namespace)}`), 60_000);
      const project = await begin(settings);
      system = await openSystem(settings);
      await play({
        system,
        project,
        install: (set, options) =>
          installRelease(settings, { ...small, ...set }, { ...options, values: project.values }),
      });
    });
  });
}

/** Afresh, whatever an earlier run left. */
async function begin(settings: E2eSettings): Promise<Project> {
  const { E2E_NAMESPACE: namespace, E2E_IMAGE, E2E_TAG } = settings;
  await removeAll(settings, { wait: true });
  const kubectl = kubectlIn(namespace);
  await makeNamespace(kubectl, namespace);
  return startProject(kubectl, `${E2E_IMAGE}:${E2E_TAG}-embedded`);
}

async function openSystem(settings: E2eSettings): Promise<System> {
  const { E2E_NAMESPACE: namespace, E2E_IMAGE, E2E_TAG } = settings;
  const options = { name: clientPodName, serviceAccount: 'client', image: `${E2E_IMAGE}:${E2E_TAG}` };
  return new System(settings, await ClientPod.start(kubectlIn(namespace), options));
}

/** Without waiting, what it goes on taking up is little. */
async function removeAll(settings: E2eSettings, { wait }: { readonly wait: boolean }): Promise<void> {
  await removeRelease(settings, { wait });
  await kubectlIn('default').delete('namespace', settings.E2E_NAMESPACE, `--wait=${wait}`);
}
