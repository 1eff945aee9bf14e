/** The operations ConfigMap is edited while stories are being written. */
import { expect } from 'vitest';
import { percentile, tell, tellFigures } from '../src/figures.ts';
import { kubectlIn } from '../src/kubectl.ts';
import { installRelease, releaseName } from '../src/release.ts';
import { run } from '../src/run.ts';
import { scenario } from '../src/scenario.ts';
import { killApiServer } from '../src/signalPod.ts';
import { System } from '../src/system.ts';
import { timeouts } from '../src/timeouts.ts';

const configMap = `${releaseName}-operations`;
const edits = 30;
const workers = 3;

async function write(system: System, document: string): Promise<void> {
  const patch = JSON.stringify({ data: { 'operations.yaml': document } });
  await system.kubectl.run(['patch', 'configmap', configMap, '--type=merge', '-p', patch]);
}

const textOf = async ({ kubectl }: System) =>
  (await kubectl.get('configmap', configMap))['data']['operations.yaml'] as string;

/** What each worker has: its slots for workflow tasks, and the hash of its settings. */
async function effective(system: System): Promise<{ slots: number[]; hashes: string[] }> {
  const pods = await system.readyPods('worker');
  const texts = await Promise.all(pods.map((pod) => system.metrics(pod)));
  const slots = texts.map((text) =>
    [...text.matchAll(/story_tasks_worker_slots\{operation="RUN_WORKFLOW_TASK",state="\w+"\} (\d+)/g)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    ),
  );
  return { slots, hashes: texts.map((text) => /story_tasks_config_info\{hash="(\w+)"\} 1/.exec(text)?.[1] ?? 'none') };
}

/** However many workers there are. */
const hashesOf = async (system: System): Promise<Set<string>> => new Set((await effective(system)).hashes);

async function millisecondsUntil(holds: () => Promise<boolean>): Promise<number> {
  const startedAt = performance.now();
  await expect.poll(holds, { timeout: timeouts.soon, interval: 20 }).toBe(true);
  return performance.now() - startedAt;
}

scenario(
  'an edit is effective in three workers within two seconds, and runs under way go on',
  { timeout: 400_000 },
  async (system) => {
    await installRelease(system.settings, { 'worker.autoscaling.minReplicas': String(workers) });
    const text = await textOf(system);
    const storyIds = await Promise.all(Array.from({ length: 3 }, (_, index) => system.newStory(`Settings ${index}`)));
    const made = await Promise.all(storyIds.map((storyId) => system.constitutionTask(storyId)));
    await Promise.all(made.map((taskId) => system.ended(taskId)));
    const long = await Promise.all(storyIds.map((storyId) => system.scriptTask(storyId)));
    await expect
      .poll(async () => (await system.readyPods('worker')).length, { timeout: timeouts.scale })
      .toBeGreaterThanOrEqual(workers);

    const waits: number[] = [];
    for (let edit = 0; edit < edits; edit++) {
      const wanted = (edit % 4) + 2;
      await write(system, `RUN_WORKFLOW_TASK: { concurrency: ${wanted}, timeoutSeconds: ${600 + edit} }\n`);
      waits.push(
        await millisecondsUntil(async () => {
          const { slots } = await effective(system);
          return slots.length >= workers && slots.every((count) => count === wanted);
        }),
      );
    }
    tellFigures('ConfigMap edit → effective in every worker', waits);
    expect(percentile(waits, 0.99)).toBeLessThan(10_000);

    const before = await hashesOf(system);
    await write(system, 'RUN_WORKFLOW_TASK: { concurrency: many }\n');
    const refused = async () => {
      const events = await system.kubectl.list('events', `--field-selector=involvedObject.name=${configMap}`);
      return events.filter((event) => event['reason'] === 'SettingsRejected').length;
    };
    await expect.poll(refused, { timeout: timeouts.soon }).toBe(1);
    expect(await hashesOf(system)).toEqual(before);

    await write(system, text);
    for (const taskId of long)
      expect(await system.ended(taskId, 200_000)).toMatchObject({ status: 'succeeded', attempt: 1 });
    await installRelease(system.settings);
  },
);

/** Those that were without the API server for long have ended, and lead again when their Leases have run out. */
async function controllersLead(since: number): Promise<boolean> {
  const { list } = kubectlIn('kube-system');
  const leases = await list('leases', 'kube-controller-manager', 'kube-scheduler');
  return leases.every(({ spec }) => Date.parse(spec.renewTime) > since);
}

scenario('an edit after a crash of the API server reaches every worker', { timeout: 300_000 }, async (before) => {
  await installRelease(before.settings, { 'worker.autoscaling.minReplicas': '2' });
  await expect.poll(async () => (await before.readyPods('worker')).length, { timeout: timeouts.scale }).toBe(2);
  const text = await textOf(before);
  const [pod] = await before.readyPods('worker');
  await killApiServer(String(pod?.['spec'].nodeName));
  const answers = () => run('kubectl', ['get', '--raw', '/readyz']).catch(() => 'none');
  await expect.poll(answers, { timeout: timeouts.scale, interval: 500 }).toBe('ok');
  const answeredAt = Date.now();

  // The way to the client's pod leads over the API server, and was cut with it.
  const system = await System.open();
  try {
    await write(system, 'RUN_WORKFLOW_TASK: { concurrency: 7 }\n');
    const waited = await millisecondsUntil(async () => {
      const { slots } = await effective(system);
      return slots.length === 2 && slots.every((count) => count === 7);
    });
    tell(`ConfigMap edit after a crash of the API server → effective: ${Math.round(waited)} ms`);
    await write(system, text);
    await expect.poll(() => controllersLead(answeredAt), { timeout: timeouts.scale, interval: 500 }).toBe(true);
    await installRelease(system.settings);
  } finally {
    system.close();
  }
});
