/**
 * What objects of Kubernetes look like: built-in kinds as its own client describes them, those of KEDA and the Prometheus
 * operator as far as the chart uses them.
 */
import * as models from '@kubernetes/client-node';
import { z } from 'zod';
import type { Manifest } from './helm.ts';

/** Kinds that the chart may make: its model in the client, or a schema. */
const kinds: Readonly<Record<string, string | z.ZodType>> = {
  'v1 ConfigMap': 'V1ConfigMap',
  'v1 PersistentVolumeClaim': 'V1PersistentVolumeClaim',
  'v1 Secret': 'V1Secret',
  'v1 Service': 'V1Service',
  'v1 ServiceAccount': 'V1ServiceAccount',
  'apps/v1 Deployment': 'V1Deployment',
  'autoscaling/v2 HorizontalPodAutoscaler': 'V2HorizontalPodAutoscaler',
  'batch/v1 Job': 'V1Job',
  'networking.k8s.io/v1 NetworkPolicy': 'V1NetworkPolicy',
  'policy/v1 PodDisruptionBudget': 'V1PodDisruptionBudget',
  'rbac.authorization.k8s.io/v1 ClusterRole': 'V1ClusterRole',
  'rbac.authorization.k8s.io/v1 ClusterRoleBinding': 'V1ClusterRoleBinding',
  'rbac.authorization.k8s.io/v1 Role': 'V1Role',
  'rbac.authorization.k8s.io/v1 RoleBinding': 'V1RoleBinding',
  'keda.sh/v1alpha1 ScaledObject': z.strictObject({
    scaleTargetRef: z.strictObject({ name: z.string() }),
    minReplicaCount: z.int(),
    maxReplicaCount: z.int(),
    pollingInterval: z.int(),
    cooldownPeriod: z.int(),
    advanced: z.strictObject({ horizontalPodAutoscalerConfig: z.strictObject({ behavior: z.unknown() }) }),
    triggers: z.array(
      z.strictObject({
        type: z.literal('prometheus'),
        name: z.string(),
        metricType: z.enum(['AverageValue', 'Value']),
        // KEDA takes strings alone.
        metadata: z.record(z.string(), z.string()),
        authenticationRef: z.strictObject({ name: z.string() }).optional(),
      }),
    ),
  }),
  'monitoring.coreos.com/v1 ServiceMonitor': z.strictObject({
    selector: z.unknown(),
    targetLabels: z.array(z.string()),
    endpoints: scrapes(),
  }),
  'monitoring.coreos.com/v1 PodMonitor': z.strictObject({
    selector: z.unknown(),
    podTargetLabels: z.array(z.string()),
    podMetricsEndpoints: scrapes(),
  }),
  'monitoring.coreos.com/v1 PrometheusRule': z.strictObject({
    groups: z.array(
      z.strictObject({
        name: z.string(),
        rules: z.array(
          z.strictObject({
            alert: z.string(),
            expr: z.string(),
            for: z.string().optional(),
            labels: z.record(z.string(), z.string()).optional(),
            annotations: z.record(z.string(), z.string()).optional(),
          }),
        ),
      }),
    ),
  }),
};

function scrapes() {
  return z.array(z.strictObject({ port: z.string(), path: z.string(), interval: z.string() }));
}

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}

/** Sentences, each with the path of what does not fit. */
export function problemsOf(manifest: Manifest): string[] {
  const kind = kinds[`${manifest.apiVersion} ${manifest.kind}`];
  const here = `${manifest.kind} ${manifest.metadata.name}`;
  if (kind === undefined)
    return [`${here}: ${manifest.apiVersion} ${manifest.kind} is nothing that this chart should make`];
  if (typeof kind === 'string') return fieldProblems(kind, manifest, here, ' ');
  const { spec, metadata } = manifest as Manifest & { spec: unknown };
  const parsed = kind.safeParse(spec);
  const ofSpec = parsed.error?.issues.map((issue) => `${here} spec.${issue.path.join('.')}: ${issue.message}`) ?? [];
  return [...fieldProblems('V1ObjectMeta', metadata, here, ' metadata.'), ...ofSpec];
}

function fieldProblems(type: string, value: object, path: string, separator = '.'): string[] {
  const attributes = attributesOf(type);
  return Object.entries(value).flatMap(([name, field]) => {
    const attribute = attributes.find(({ baseName }) => baseName === name);
    const here = `${path}${separator}${name}`;
    return attribute === undefined ? [`${here}: unknown to ${type}`] : valueProblems(attribute.type, field, here);
  });
}

function attributesOf(type: string): readonly Attribute[] {
  const model = (models as unknown as Record<string, { getAttributeTypeMap?: () => readonly Attribute[] }>)[type];
  if (model?.getAttributeTypeMap === undefined) throw new Error(`The client of Kubernetes has no ${type}.`);
  return model.getAttributeTypeMap();
}

const scalars: Readonly<Record<string, readonly string[]>> = {
  string: ['string'],
  number: ['number'],
  boolean: ['boolean'],
  IntOrString: ['number', 'string'],
};

function valueProblems(type: string, value: unknown, path: string): string[] {
  if (type === 'any') return [];
  const scalar = scalars[type];
  if (scalar) return scalar.includes(typeof value) ? [] : [`${path}: not a ${type}`];
  const [, item] = /^Array<(.+)>$/.exec(type) ?? [];
  if (item !== undefined) return itemProblems(item, value, path);
  const [, entry] = /^{ \[key: string\]: (.+); }$/.exec(type) ?? [];
  if (!isMap(value)) return [`${path}: not a ${entry === undefined ? type : 'map'}`];
  if (entry === undefined) return fieldProblems(type, value, path);
  return Object.entries(value).flatMap(([name, inner]) => valueProblems(entry, inner, `${path}.${name}`));
}

function itemProblems(type: string, value: unknown, path: string): string[] {
  if (!Array.isArray(value)) return [`${path}: not a list`];
  return value.flatMap((item, index) => valueProblems(type, item, `${path}.${index}`));
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
