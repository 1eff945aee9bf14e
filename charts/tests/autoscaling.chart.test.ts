/** Who sizes the workers: one of four, and never two. */
import type { V1Deployment, V2HorizontalPodAutoscaler } from '@kubernetes/client-node';
import { operationNames } from '@story-tasks/contracts';
import { expect, test } from 'vitest';
import { named, one, render, type Values } from './helm.ts';
import { environmentOf, podOfDeployment } from './pods.ts';

interface ScaledObject {
  readonly spec: {
    readonly minReplicaCount: number;
    readonly maxReplicaCount: number;
    readonly advanced: { readonly horizontalPodAutoscalerConfig: { readonly behavior: unknown } };
    readonly triggers: readonly {
      readonly name: string;
      readonly metadata: Readonly<Record<string, string>>;
      readonly authenticationRef?: unknown;
    }[];
  };
}

const scaled = (autoscaling: Values, rest: Values = {}) => render({ ...rest, worker: { autoscaling } });
const keda = (more: Values = {}) => ({ mode: 'keda', keda: { serverAddress: 'http://prometheus:9090', ...more } });

test.each([
  ['operator', 'operator', []],
  ['keda', 'external', ['ScaledObject']],
  ['hpa', 'external', ['HorizontalPodAutoscaler']],
  ['none', 'none', []],
] as const)('mode %s is %s to the operator', async (mode, toOperator, scalers) => {
  const manifests = await scaled({ ...keda(), mode });
  const kinds = manifests.map(({ kind }) => kind);
  expect(kinds.filter((kind) => /Scaled|Autoscaler/.test(kind))).toEqual(scalers);
  const told = environmentOf(podOfDeployment(manifests, 'tasks-operator'));
  expect(told['AUTOSCALING_MODE']).toBe(toOperator);
  expect(told['WORKER_DEPLOYMENT']).toBe(mode === 'none' ? undefined : 'tasks-worker');
});

test.each(['operator', 'keda', 'hpa', 'none'])('replicas are written in mode none alone: %s', async (mode) => {
  const manifests = await render({ worker: { replicas: 4, autoscaling: { ...keda(), mode } } });
  const { spec } = one<V1Deployment>(manifests, 'Deployment', 'tasks-worker');
  expect(spec?.replicas).toBe(mode === 'none' ? 4 : undefined);
});

test('the operator is told its limits', async () => {
  const scaleDown = { stabilizationSeconds: 15, maxPods: 2, periodSeconds: 5 };
  const manifests = await scaled({ minReplicas: 0, maxReplicas: 6, scaleDown });
  expect(environmentOf(podOfDeployment(manifests, 'tasks-operator'))).toMatchObject({
    MIN_REPLICAS: '0',
    MAX_REPLICAS: '6',
    SCALE_DOWN_STABILIZATION_SECONDS: '15',
    SCALE_DOWN_MAX_PODS: '2',
    SCALE_DOWN_PERIOD_SECONDS: '5',
  });
});

test('KEDA asks for each lane how many jobs want a worker, and takes what one pod does at once as its share', async () => {
  const operations = { RUN_WORKFLOW_TASK: { concurrency: 2, globalConcurrency: 20 } };
  const manifests = await scaled({ ...keda(), minReplicas: 0 }, { operations });
  const { spec } = one<ScaledObject>(manifests, 'ScaledObject', 'tasks-worker');
  expect(spec).toMatchObject({ minReplicaCount: 0, maxReplicaCount: 10 });
  expect(spec.triggers.map(({ metadata }) => /operation="(\w+)"/.exec(metadata['query'] ?? '')?.[1])).toEqual(
    operationNames,
  );
  const [limited, unlimited] = spec.triggers.map(({ metadata }) => metadata);
  const jobs = (operation: string) =>
    `sum(max by (operation, state) (story_tasks_queue_jobs{namespace="stories",pod=~"tasks-operator-.+",operation="${operation}",state=~"waiting|prioritized|delayed_due|active"}))`;
  expect(limited).toMatchObject({ query: `clamp_max(${jobs('RUN_WORKFLOW_TASK')}, 20)`, threshold: '2' });
  expect(unlimited).toMatchObject({ query: jobs('REGENERATE_CONSTITUTION'), threshold: '1' });
});

test('to KEDA no reading is no decision, and it may have to show who it is', async () => {
  const manifests = await scaled(keda({ authenticationRef: 'prometheus' }));
  for (const { metadata, authenticationRef } of one<ScaledObject>(manifests, 'ScaledObject', 'tasks-worker').spec
    .triggers) {
    expect(metadata['ignoreNullValues']).toBe('false');
    expect(authenticationRef).toEqual({ name: 'prometheus' });
  }
});

test('an HPA looks at each lane by the external metric, told apart by labels where they are given', async () => {
  const manifests = await render({
    worker: {
      concurrency: 3,
      autoscaling: { mode: 'hpa', minReplicas: 2, hpa: { matchLabels: { release: 'tasks' } } },
    },
    operations: { BUILD_PLAYER_BUNDLE: { concurrency: 5 }, REGENERATE_CONSTITUTION: { concurrency: null } },
  });
  const { spec } = one<V2HorizontalPodAutoscaler>(manifests, 'HorizontalPodAutoscaler', 'tasks-worker');
  expect(spec).toMatchObject({
    minReplicas: 2,
    maxReplicas: 10,
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'tasks-worker' },
  });
  const metrics = (spec?.metrics ?? []).map(({ external }) => ({
    name: external?.metric.name,
    ...external?.metric.selector?.matchLabels,
    states: external?.metric.selector?.matchExpressions?.[0]?.values?.join(),
    share: external?.target.averageValue,
  }));
  const lane = (operation: string, share: string) => ({
    name: 'story_tasks_queue_jobs',
    release: 'tasks',
    operation,
    states: 'waiting,prioritized,delayed_due,active',
    share,
  });
  expect(metrics).toEqual([
    lane('RUN_WORKFLOW_TASK', '1'),
    lane('REGENERATE_CONSTITUTION', '3'),
    lane('BUILD_PLAYER_BUNDLE', '5'),
  ]);
});

test('KEDA and an HPA grow at once, and shrink as the operator would', async () => {
  const scaleDown = { stabilizationSeconds: 90, maxPods: 2, periodSeconds: 30 };
  const behavior = {
    scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 10, periodSeconds: 15 }] },
    scaleDown: { stabilizationWindowSeconds: 90, policies: [{ type: 'Pods', value: 2, periodSeconds: 30 }] },
  };
  const byKeda = await scaled({ ...keda(), scaleDown });
  const { spec } = one<ScaledObject>(byKeda, 'ScaledObject', 'tasks-worker');
  expect(spec.advanced.horizontalPodAutoscalerConfig.behavior).toEqual(behavior);
  const byHpa = await scaled({ mode: 'hpa', scaleDown });
  expect(one<V2HorizontalPodAutoscaler>(byHpa, 'HorizontalPodAutoscaler', 'tasks-worker').spec?.behavior).toEqual(
    behavior,
  );
});

test('the workers are named alike for the operator, for its role, and for all who scale', async () => {
  for (const mode of ['operator', 'keda', 'hpa']) {
    const manifests = await render({ fullnameOverride: 'story', worker: { autoscaling: { ...keda(), mode } } });
    expect(named(manifests, 'Deployment')).toContain('story-worker');
    expect(environmentOf(podOfDeployment(manifests, 'story-operator'))['WORKER_DEPLOYMENT']).toBe('story-worker');
    const text = JSON.stringify(manifests);
    expect(text).not.toContain('tasks-worker');
  }
});
