/** The dashboard as Grafana takes it (schema version 39, Grafana 10 and later). */
import { type Panel, type Row, rows } from './panels.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own syntax, which means the data source that is chosen
const datasource = { type: 'prometheus', uid: '${datasource}' };
const columns = 3;
const width = 24 / columns;
const height = 8;

function panelOf({ title, description, unit, type = 'timeseries', queries }: Panel, id: number, x: number, y: number) {
  return {
    id,
    type,
    title,
    description,
    datasource,
    gridPos: { x, y, w: width, h: height },
    fieldConfig: { defaults: { unit, min: 0, custom: { fillOpacity: 8, showPoints: 'never' } }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource,
      expr,
      legendFormat: legend,
    })),
  };
}

function rowOf({ title, panels }: Row, index: number): object[] {
  const y = index * (height + 1);
  const id = index * 10 + 1;
  const head = { id, type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: 24, h: 1 }, panels: [] };
  return [head, ...panels.map((panel, place) => panelOf(panel, id + 1 + place, place * width, y + 1))];
}

const variable = (name: string, label: string, query: string) => ({
  name,
  label,
  type: 'query',
  datasource,
  query: { query, refId: name },
  refresh: 2,
  includeAll: true,
  multi: true,
  allValue: '.*',
  current: { selected: true, text: ['All'], value: ['$__all'] },
});

/** @returns JSON */
export function dashboardJson(): string {
  const dashboard = {
    uid: 'story-tasks',
    title: 'Story Tasks',
    tags: ['story-tasks'],
    schemaVersion: 39,
    editable: true,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', current: {} },
        variable('namespace', 'Namespace', 'label_values(story_tasks_config_info, namespace)'),
        variable('operation', 'Operation', 'label_values(story_tasks_finished_total, operation)'),
      ],
    },
    panels: rows.flatMap(rowOf),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}
