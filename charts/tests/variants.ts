/** Releases as people would make them. What must hold of the chart holds of each. */
import type { Values } from './helm.ts';

const external = {
  redis: { embedded: { enabled: false }, external: { existingSecret: 'managed-redis' } },
  supabase: {
    embedded: { enabled: false },
    external: { url: 'https://project.supabase.co', existingSecret: 'supabase-key' },
    migrations: { existingSecret: 'supabase-database' },
  },
};

const egress = {
  llm: [{ cidr: '0.0.0.0/0', ports: [443] }],
  redis: [{ cidr: '10.1.0.0/16', ports: [6379, 6380] }],
  supabase: [{ cidr: '0.0.0.0/0', ports: [443] }],
  database: [{ cidr: '0.0.0.0/0', ports: [5432] }],
};

const networkPolicy = { enabled: true, apiServer: { cidr: '10.0.0.1/32' } };

const workload = {
  priorityClassName: 'important',
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'spot', operator: 'Exists' }],
  affinity: { nodeAffinity: {} },
  podAnnotations: { 'sidecar.istio.io/inject': 'false' },
  podLabels: { team: 'stories' },
  extraEnv: [{ name: 'NODE_OPTIONS', value: '--enable-source-maps' }],
  extraVolumes: [{ name: 'certificates', configMap: { name: 'certificates' } }],
  extraVolumeMounts: [{ name: 'certificates', mountPath: '/certificates', readOnly: true }],
};

export const variants = {
  development: {},
  'development in memory, with network policies': {
    networkPolicy,
    redis: { embedded: { persistence: { enabled: false } } },
    supabase: { embedded: { persistence: { enabled: false } } },
  },
  'production with everything on': {
    ...external,
    image: { repository: 'registry.example/story-tasks', digest: `sha256:${'a'.repeat(64)}` },
    imagePullSecrets: [{ name: 'registry' }],
    tracing: { otlpEndpoint: 'http://collector:4318' },
    llm: { provider: 'gemini', model: 'gemini-2.5-pro', existingSecret: 'gemini' },
    networkPolicy: { ...networkPolicy, egress },
    monitoring: {
      scrapeAnnotations: true,
      serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
      prometheusRule: { enabled: true },
      dashboard: { enabled: true, annotations: { folder: 'Stories' } },
    },
    api: workload,
    worker: workload,
    operator: { ...workload, retentionDays: 30 },
  },
  'KEDA, to zero': {
    worker: {
      autoscaling: { mode: 'keda', minReplicas: 0, keda: { serverAddress: 'http://prometheus:9090' } },
    },
    monitoring: { podMonitor: { enabled: true } },
  },
  HPA: { worker: { autoscaling: { mode: 'hpa' } } },
  'nobody sizes the workers': { worker: { replicas: 3, autoscaling: { mode: 'none' } }, api: { replicas: 1 } },
  'users of a Supabase project, migrated by hand': {
    redis: { embedded: { enabled: false }, external: { url: 'redis://redis.shared:6379' } },
    supabase: { ...external.supabase, migrations: { mode: 'none' } },
    auth: { mode: 'supabase' },
    llm: { provider: 'openai-compatible', model: 'llama', baseUrl: 'http://vllm:8000/v1' },
  },
  'users of the embedded Supabase': { auth: { mode: 'supabase' } },
  'no auth, behind network policies': { auth: { mode: 'none' }, networkPolicy },
} satisfies Record<string, Values>;

export type Variant = keyof typeof variants;
export const variantNames = Object.keys(variants) as Variant[];
