/** A Prometheus in the cluster scrapes the release, and the dashboard has something to show. */
import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { bringAddon } from '../src/addons.ts';
import { tell } from '../src/figures.ts';
import { query } from '../src/prometheus.ts';
import { scenario } from '../src/scenario.ts';
import type { System } from '../src/system.ts';

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}

const dashboardFile = new URL('../../charts/story-tasks/dashboards/story-tasks.json', import.meta.url);

/** Something for each panel: a success, a failure, a cancellation, and a worker that stays for as long as a script takes. */
async function everythingHappens(system: System): Promise<void> {
  const storyId = await system.newStory('Dashboard');
  const failed = await system.api.create({ operation: 'BUILD_PLAYER_BUNDLE', storyId });
  expect(await system.ended(failed.taskId)).toMatchObject({ status: 'failed' });
  await system.ended(await system.constitutionTask(storyId));
  const cancelled = await system.constitutionTask(await system.newStory('Dashboard, cancelled'));
  await system.running(cancelled);
  await system.api.cancel(cancelled);
  await system.ended(cancelled);
  await system.scriptTask(storyId);
}

scenario('each query of the dashboard has data', { timeout: 900_000 }, async (system, skip) => {
  if (!(await bringAddon('prometheus'))) return skip('there is no Prometheus in this cluster');
  await everythingHappens(system);
  const dashboard = JSON.parse(await readFile(dashboardFile, 'utf8')) as Dashboard;
  const queries = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
  const filled = (expr: string) =>
    expr
      .replaceAll('$namespace', system.settings.E2E_NAMESPACE)
      .replaceAll('$operation', '.*')
      .replaceAll('$__rate_interval', '30m');
  const empty = async () => {
    const results = await Promise.all(queries.map(({ expr }) => query(filled(expr))));
    return queries.filter((_, index) => results[index]?.length === 0).map(({ title, expr }) => `${title}: ${expr}`);
  };
  await expect.poll(empty, { timeout: 90_000, interval: 3_000 }).toEqual([]);
  tell(
    `dashboard: ${queries.length} queries of ${dashboard.panels.filter(({ targets }) => targets).length} panels, all with data`,
  );
});
