/** KEDA and an HPA size the workers in place of the operator, by the same gauge. */
import { bringAddon, removeAddon } from '../src/addons.ts';
import { tell } from '../src/figures.ts';
import { type Reaction, reactionTo } from '../src/reaction.ts';
import { installRelease, releaseName } from '../src/release.ts';
import { scenario } from '../src/scenario.ts';
import type { System } from '../src/system.ts';

const seconds = (milliseconds: number) => `${(milliseconds / 1_000).toFixed(1)} s`;
const queue = 12;
const worker = `deployment/${releaseName}-worker`;

function tellReaction(mode: string, { scaledMs, readyMs, downMs }: Reaction): void {
  tell(
    `${mode}: queue → more workers wanted ${seconds(scaledMs)}, one ready ${seconds(readyMs)}, work ended → fewest ${seconds(downMs)}`,
  );
}

async function play(system: System, mode: string, least: number): Promise<void> {
  const stories = await Promise.all(Array.from({ length: queue }, (_, index) => system.newStory(`${mode} ${index}`)));
  tellReaction(mode, await reactionTo(system, stories, least));
}

/** Plays it with the release changed, and changes it back, whatever came of it: the next may take the add-on away. */
async function playWith(
  system: System,
  mode: 'keda' | 'hpa',
  least: number,
  set: Readonly<Record<string, string>>,
): Promise<void> {
  try {
    await installRelease(system.settings, { 'worker.autoscaling.mode': mode, ...set });
    // From none at all an HPA does nothing.
    if (least > 0) await system.kubectl.run(['scale', worker, `--replicas=${least}`]);
    await play(system, mode, least);
  } finally {
    await installRelease(system.settings);
    // What the other left would be taken for somebody's wish, and left alone for a while.
    await system.kubectl.run(['annotate', worker, 'story-tasks/autoscaling=resume', '--overwrite']);
  }
}

scenario('the operator brings workers up and down', { timeout: 500_000 }, (system) => play(system, 'operator', 0));

scenario('KEDA brings workers up from none and down again', { timeout: 900_000 }, async (system, skip) => {
  await removeAddon('prometheus-adapter').catch(() => undefined);
  const there = (await bringAddon('prometheus')) && (await bringAddon('keda'));
  if (!there) return skip('there is no KEDA in this cluster');
  const serverAddress = 'http://prometheus.monitoring:9090';
  await playWith(system, 'keda', 0, {
    'worker.autoscaling.keda.serverAddress': serverAddress,
    'worker.autoscaling.keda.cooldownPeriod': '15',
  });
});

scenario('an HPA brings workers up and down', { timeout: 900_000 }, async (system, skip) => {
  await removeAddon('keda').catch(() => undefined);
  if (!(await bringAddon('prometheus-adapter'))) return skip('there is no metrics adapter in this cluster');
  await playWith(system, 'hpa', 1, { 'worker.autoscaling.minReplicas': '1' });
});
