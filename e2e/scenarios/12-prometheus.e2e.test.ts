/** A Prometheus in the cluster scrapes the release, and the dashboard has something to show. */
import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { bringAddon } from '../src/addons.ts';
import { tell } from '../src/figures.ts';
import { query } from '../src/prometheus.ts';
import { scenario } from '../src/scenario.ts';

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}

const dashboardFile = new URL('../../charts/story-tasks/dashboards/story-tasks.json', import.meta.url);

scenario('each query of the dashboard has data', { timeout: 900_000 }, async (system, skip) => {
  if (!(await bringAddon('prometheus'))) return skip('there is no Prometheus in this cluster');
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
