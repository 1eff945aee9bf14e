/** Values of API, worker and operator. */
import { z } from 'zod';
import * as kind from './kinds.ts';

const serviceAccount = kind.section('The ServiceAccount of the pods.', {
  create: kind.flag(true, 'Whether the chart makes it.'),
  name: kind.optionalText('Its name. Empty: that of the Deployment.', kind.objectName),
  annotations: kind.stringMap('Its annotations, as a cloud’s workload identity asks for.'),
});

const podDisruptionBudget = kind.section('How many pods a drain of nodes may take at a time.', {
  enabled: kind.flag(true, 'Whether there is a PodDisruptionBudget.'),
  maxUnavailable: z
    .union([z.int().min(1), z.string().regex(/^([1-9][0-9]?|100)%$/)])
    .default(1)
    .describe('Pods that may be missing, or a percentage; never 0, which would stop every drain.'),
});

const topologySpread = kind.section('Pods of this part lie apart.', {
  enabled: kind.flag(true, 'Whether they are told to.'),
  keys: z
    .array(z.string().min(1))
    .default(['kubernetes.io/hostname'])
    .describe('Labels of nodes over whose values the pods are spread.'),
  whenUnsatisfiable: kind.choice(
    ['ScheduleAnyway', 'DoNotSchedule'],
    'ScheduleAnyway',
    'What happens to a pod that cannot lie apart.',
  ),
});

/** What all three have. */
const process = (grace: { least: number; fallback: number; description: string }) => ({
  resources: kind.resources({ cpu: '100m', memory: '128Mi' }, { memory: '512Mi' }),
  terminationGracePeriodSeconds: kind.count(grace.least, grace.fallback, 3_600, grace.description),
  serviceAccount,
  podDisruptionBudget,
  topologySpread,
  ...kind.scheduling,
  podAnnotations: kind.stringMap('Further annotations of the pods.'),
  podLabels: kind.stringMap('Further labels of the pods.'),
  extraEnv: kind.objects('Further environment variables of the container.'),
  extraVolumes: kind.objects('Further volumes of the pods.'),
  extraVolumeMounts: kind.objects('Further mounts of the container.'),
});

export const api = kind.section('The REST API.', {
  replicas: kind.count(1, 2, 100, 'How many pods.'),
  preStopSeconds: kind.count(
    1,
    5,
    60,
    'How long a pod that ends goes on serving, so that nobody sends to it any more when it stops.',
  ),
  lingerSeconds: kind.count(
    0,
    5,
    60,
    'How long it then serves connections that clients keep, each answer asking for their end; longer than clients keep idle ones.',
  ),
  service: kind.section('The Service.', {
    type: kind.choice(['ClusterIP', 'NodePort', 'LoadBalancer'], 'ClusterIP', 'Its type.'),
    port: kind.count(1, 8080, 65_535, 'Its port.'),
    annotations: kind.stringMap('Its annotations.'),
  }),
  ...process({
    least: 15,
    fallback: 20,
    description:
      'From SIGTERM to SIGKILL; preStopSeconds, lingerSeconds and 10 seconds for requests under way go into it.',
  }),
});

const keda = kind.section('Mode keda: a ScaledObject with a Prometheus trigger for each operation.', {
  serverAddress: kind.optionalText('URL of the Prometheus that scrapes the operator. Required.', kind.httpUrl),
  pollingInterval: kind.count(1, 5, 3_600, 'Seconds between two readings while there are no workers.'),
  cooldownPeriod: kind.count(0, 60, 86_400, 'Seconds without work before the last worker goes.'),
  authenticationRef: kind.optionalText('A TriggerAuthentication for the Prometheus.', kind.objectName),
});

const hpa = kind.section('Mode hpa: a HorizontalPodAutoscaler by the external metric story_tasks_queue_jobs.', {
  metric: kind.text('story_tasks_queue_jobs', 'Name under which the metrics adapter serves the gauge.', /^[\w:]+$/),
  matchLabels: kind.stringMap('Further labels of the metric, for clusters whose adapter tells releases apart by them.'),
});

const scaleDown = kind.section('How workers are taken away; the same in the modes operator, keda and hpa.', {
  stabilizationSeconds: kind.count(0, 60, 3_600, 'Only when fewer were wanted all this time.'),
  maxPods: kind.count(1, 4, 1_000, 'Most at once.'),
  periodSeconds: kind.count(1, 15, 1_800, 'Between two times.'),
});

export const worker = kind.section('The workers, which run the tasks.', {
  replicas: kind.count(0, 1, 1_000, 'How many pods, in mode none alone: in all others an autoscaler decides.'),
  concurrency: kind.count(1, 1, 100, 'Runs of one operation at once in a pod, where `operations` does not say.'),
  leaseSeconds: kind.count(5, 15, 600, 'How long a run owns its task after its last confirmed write.'),
  autoscaling: kind.section('Who sizes the workers.', {
    mode: kind.choice(
      ['operator', 'keda', 'hpa', 'none'],
      'operator',
      'operator: ours, which never takes a busy pod. keda, hpa: those, which may. none: `worker.replicas`.',
    ),
    minReplicas: kind.count(0, 1, 1_000, 'Fewest pods; 0 is possible in the modes operator and keda.'),
    maxReplicas: kind.count(1, 10, 1_000, 'Most pods.'),
    scaleDown,
    keda,
    hpa,
  }),
  ...process({
    least: 10,
    fallback: 120,
    description:
      'From SIGTERM to SIGKILL. All but 5 seconds of it runs may use to reach their next persisted step (DRAIN_SECONDS), which spares a model call that is under way.',
  }),
});

export const operator = kind.section('The operator, which mends, sizes and counts.', {
  replicas: kind.count(1, 2, 10, 'How many pods; one leads, another takes over.'),
  reconcileSeconds: kind.count(1, 2, 600, 'How often lost runs are looked for, and rows compared with lanes.'),
  retentionDays: z
    .int()
    .min(0)
    .max(36_500)
    .default(0)
    .describe('Tasks that ended longer ago are deleted, with their events. 0: all are kept.'),
  ...process({ least: 15, fallback: 15, description: 'From SIGTERM to SIGKILL.' }),
});
