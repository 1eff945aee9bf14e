/** Values of the network around the pods, and of what watches them. */
import { z } from 'zod';
import * as kind from './kinds.ts';

const cidr = /^[0-9a-fA-F.:]+\/[0-9]{1,3}$/;
const ports = z.array(z.int().min(1).max(65_535)).min(1);
const targets = (description: string) =>
  z
    .array(z.strictObject({ cidr: z.string().regex(cidr), ports }))
    .default([])
    .describe(`${description} A list of {cidr, ports}.`);

export const networkPolicy = kind.section('NetworkPolicies: what may reach the pods, and what they may reach.', {
  enabled: kind.flag(false, 'Whether there are any. Needs a network that enforces them.'),
  apiServer: kind.section('The Kubernetes API server, as it is after address translation: not the Service’s address.', {
    cidr: kind.optionalText(
      'Its address: see `kubectl get endpointslices -n default`. Required.',
      /^([0-9a-fA-F.:]+\/[0-9]{1,3})?$/,
    ),
    port: kind.count(1, 6443, 65_535, 'Its port.'),
  }),
  dns: kind.section('The cluster’s DNS.', {
    namespace: kind.text('kube-system', 'Its namespace.', /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/),
    podLabels: z.record(z.string(), z.string()).default({ 'k8s-app': 'kube-dns' }).describe('Labels of its pods.'),
    port: kind.count(1, 53, 65_535, 'Port of its pods.'),
  }),
  api: kind.section('Who reaches the API’s port.', {
    namespaces: kind.strings('Namespaces whose pods may. Empty: the release’s own.'),
    extraFrom: kind.objects('Further peers, as in an ingress rule of a NetworkPolicy: an ingress controller, a range.'),
  }),
  monitoring: kind.section('Who reaches the ops port.', {
    namespaces: z.array(z.string().min(1)).default(['monitoring']).describe('Namespaces whose pods may.'),
  }),
  egress: kind.section('What lies outside the release.', {
    llm: targets('The language model, for the workers. Required unless `llm.provider` is offline.'),
    redis: targets('An external Redis. Required with one.'),
    supabase: targets('An external Supabase project. Required with one.'),
    database: targets('Its database, for the migrations. Required for their Job.'),
    jwks: targets(
      'The keys at `auth.supabase.jwksUrl`, for the API. Required when they are at another host than the project.',
    ),
    extra: kind.objects('Further egress rules of API, worker and operator, as a collector of traces asks for.'),
  }),
});

const labels = kind.stringMap('Its labels, by which it is found.');
export const monitoring = kind.section('Prometheus and Grafana.', {
  scrapeAnnotations: kind.flag(
    false,
    'Annotates the pods with prometheus.io/scrape, for a Prometheus that goes by it.',
  ),
  serviceMonitor: kind.section('A ServiceMonitor of the Prometheus operator.', {
    enabled: kind.flag(false, 'Whether there is one. Not together with the PodMonitor.'),
    interval: kind.text('15s', 'How often it scrapes.', /^[0-9]+(ms|s|m)$/),
    labels,
  }),
  podMonitor: kind.section('A PodMonitor of the Prometheus operator.', {
    enabled: kind.flag(false, 'Whether there is one. Not together with the ServiceMonitor.'),
    interval: kind.text('15s', 'How often it scrapes.', /^[0-9]+(ms|s|m)$/),
    labels,
  }),
  prometheusRule: kind.section('A PrometheusRule with the alerts (alerts/ in the chart).', {
    enabled: kind.flag(false, 'Whether there is one.'),
    labels,
    runbookUrl: kind.optionalText(
      'Where docs/operations.md is to be read, for the annotation runbook_url of each alert: a link for whoever is paged.',
      kind.httpUrl,
    ),
  }),
  dashboard: kind.section('A ConfigMap with the dashboards (dashboards/ in the chart), for Grafana’s sidecar.', {
    enabled: kind.flag(false, 'Whether there is one.'),
    labels: z
      .record(z.string(), z.string())
      .default({ grafana_dashboard: '1' })
      .describe('Its labels, by which the sidecar finds it.'),
    annotations: kind.stringMap('Its annotations, as one that names a folder.'),
  }),
});
