/** KEDA and an HPA size the workers in place of the operator, by the same gauge. */
import { afterAll, expect } from 'vitest';
import { bringAddon, removeAddon } from '../src/addons.ts';
import { tell } from '../src/figures.ts';
import { type Reaction, reactionTo } from '../src/reaction.ts';
import { installRelease } from '../src/release.ts';
import { scenario } from '../src/scenario.ts';
import { System } from '../src/system.ts';

const seconds = (milliseconds: number) => `${(milliseconds / 1_000).toFixed(1)} s`;
const queue = 12;

function tellReaction(mode: string, { scaledMs, readyMs, downMs }: Reaction): void {
  tell(
    `${mode}: queue → more workers wanted ${seconds(scaledMs)}, one ready ${seconds(readyMs)}, work ended → fewest ${seconds(downMs)}`,
  );
}

async function play(system: System, mode: string, least: number): Promise<void> {
  const stories = await Promise.all(Array.from({ length: queue }, (_, index) => system.newStory(`${mode} ${index}`)));
  tellReaction(mode, await reactionTo(system, stories, least));
}

afterAll(async () => {
  const system = await System.open();
  await installRelease(system.settings);
  system.close();
});

scenario('the operator brings workers up and down', { timeout: 500_000 }, (system) => play(system, 'operator', 0));

scenario('KEDA brings workers up from none and down again', { timeout: 900_000 }, async (system, skip) => {
  const there = (await bringAddon('prometheus')) && (await bringAddon('keda'));
  if (!there) return skip('there is no KEDA in this cluster');
  await installRelease(system.settings, {
    'worker.autoscaling.mode': 'keda',
    'worker.autoscaling.keda.serverAddress': 'http://prometheus.monitoring:9090',
    'worker.autoscaling.keda.cooldownPeriod': '15',
  });
  await play(system, 'keda', 0);
});

scenario('an HPA brings workers up and down', { timeout: 900_000 }, async (system, skip) => {
  await removeAddon('keda').catch(() => undefined);
  if (!(await bringAddon('prometheus-adapter'))) return skip('there is no metrics adapter in this cluster');
  await installRelease(system.settings, { 'worker.autoscaling.mode': 'hpa', 'worker.autoscaling.minReplicas': '1' });
  await play(system, 'hpa', 1);
  expect((await system.kubectl.get('hpa', 'story-tasks-worker'))['status'].currentReplicas).toBeGreaterThan(0);
});
