/** What Prometheus and Grafana are given, each when it is asked for. */
import { readFileSync } from 'node:fs';
import type { V1ConfigMap, V1Service } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { chartDir, named, one, render } from './helm.ts';
import { podOfDeployment, selects } from './pods.ts';

interface Rules {
  readonly spec: {
    readonly groups: readonly {
      readonly rules: readonly { readonly annotations: Readonly<Record<string, string>> }[];
    }[];
  };
}

interface Monitor {
  readonly spec: { readonly selector: { readonly matchLabels: Readonly<Record<string, string>> } };
}

test('nothing is made unless it is asked for', async () => {
  const manifests = await render();
  expect(manifests.filter(({ apiVersion }) => apiVersion.startsWith('monitoring.'))).toEqual([]);
  expect(named(manifests, 'ConfigMap')).toEqual(['tasks-operations']);
  expect(podOfDeployment(manifests, 'tasks-worker').annotations).toEqual({});
});

test('pods can be annotated for a Prometheus that goes by it', async () => {
  const manifests = await render({ monitoring: { scrapeAnnotations: true } });
  for (const name of ['tasks-api', 'tasks-worker', 'tasks-operator'])
    expect(podOfDeployment(manifests, name).annotations).toEqual({
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '9090',
      'prometheus.io/path': '/metrics',
    });
});

test('a ServiceMonitor finds the metrics of all three processes, by Services of their own', async () => {
  const manifests = await render({
    monitoring: { serviceMonitor: { enabled: true, interval: '5s', labels: { release: 'p' } } },
  });
  const monitor = one<Monitor>(manifests, 'ServiceMonitor', 'tasks');
  expect(monitor.metadata.labels).toMatchObject({ release: 'p' });
  const services = manifests.filter(
    ({ kind, metadata }) => kind === 'Service' && selects(monitor.spec.selector.matchLabels, metadata.labels ?? {}),
  );
  expect(services.map(({ metadata }) => metadata.name)).toEqual([
    'tasks-api-metrics',
    'tasks-operator-metrics',
    'tasks-worker-metrics',
  ]);
  expect(monitor).toMatchObject({
    spec: {
      endpoints: [{ port: 'ops', path: '/metrics', interval: '5s' }],
      targetLabels: ['app.kubernetes.io/instance'],
    },
  });
  for (const { metadata } of services) {
    expect(metadata.labels).toMatchObject({ 'app.kubernetes.io/instance': 'tasks' });
    expect(one<V1Service>(manifests, 'Service', metadata.name).spec).toMatchObject({
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      ports: [{ name: 'ops', port: 9090 }],
    });
  }
});

test('a PodMonitor finds the pods of all three processes, and not of Redis', async () => {
  const manifests = await render({ monitoring: { podMonitor: { enabled: true } } });
  const { spec } = one<Monitor>(manifests, 'PodMonitor', 'tasks');
  expect(spec).toMatchObject({
    selector: {
      matchExpressions: [{ key: 'app.kubernetes.io/component', operator: 'In', values: ['api', 'worker', 'operator'] }],
    },
    podMetricsEndpoints: [{ port: 'ops', path: '/metrics' }],
    podTargetLabels: ['app.kubernetes.io/instance'],
  });
  expect(selects(spec.selector.matchLabels, podOfDeployment(manifests, 'tasks-worker').labels)).toBe(true);
});

test('the PrometheusRule has the alerts as they are in the chart', async () => {
  const manifests = await render({
    monitoring: { prometheusRule: { enabled: true, labels: { role: 'alert-rules' } } },
  });
  const rule = one<{ spec: unknown }>(manifests, 'PrometheusRule', 'tasks');
  expect(rule.metadata.labels).toMatchObject({ role: 'alert-rules' });
  expect(rule.spec).toEqual(parse(readFileSync(`${chartDir}/alerts/story-tasks.yaml`, 'utf8')));
});

test('where the runbooks are to be read, each alert links to its own', async () => {
  const runbookUrl = 'https://docs.example.com/story-tasks/operations';
  const manifests = await render({ monitoring: { prometheusRule: { enabled: true, runbookUrl } } });
  const { spec } = one<Rules>(manifests, 'PrometheusRule', 'tasks');
  const headings =
    readFileSync(`${chartDir}/../../docs/operations.md`, 'utf8').match(/(?<=^### )StoryTasks\w+$/gm) ?? [];
  const links = spec.groups.flatMap(({ rules }) => rules.map(({ annotations }) => annotations['runbook_url']));
  expect(links.length).toBeGreaterThan(5);
  expect(links).toEqual(headings.map((heading) => `${runbookUrl}#${heading.toLowerCase()}`));
});

test('the dashboard reaches Grafana as it is in the chart', async () => {
  const manifests = await render({ monitoring: { dashboard: { enabled: true, annotations: { folder: 'Stories' } } } });
  const { metadata, data = {} } = one<V1ConfigMap>(manifests, 'ConfigMap', 'tasks-dashboards');
  expect(metadata).toMatchObject({ labels: { grafana_dashboard: '1' }, annotations: { folder: 'Stories' } });
  expect(JSON.parse(data['story-tasks.json'] ?? '')).toEqual(
    JSON.parse(readFileSync(`${chartDir}/dashboards/story-tasks.json`, 'utf8')),
  );
});
