import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectKubernetes, type Kubernetes, statusOf } from '../../src/kubernetes/index.ts';
import { FakeApiServer } from './fakeApiServer.ts';

let server: FakeApiServer;
let kubernetes: Kubernetes;
beforeAll(async () => {
  server = await FakeApiServer.start();
  kubernetes = connectKubernetes(server.config());
});
afterAll(() => server.stop());

const deployment = '/apis/apps/v1/namespaces/n/deployments/workers';

test('a scale with an old resource version is a conflict, and one with the present version is taken', async () => {
  server.set(deployment, { spec: { replicas: 2 } });
  const read = await kubernetes.apps.readNamespacedDeploymentScale({ namespace: 'n', name: 'workers' });
  server.set(deployment, { spec: { replicas: 3 } });
  const body = { ...read, spec: { replicas: 5 } };
  const refused = await kubernetes.apps
    .replaceNamespacedDeploymentScale({ namespace: 'n', name: 'workers', body })
    .catch(statusOf);
  expect(refused).toBe(409);
  const again = await kubernetes.apps.readNamespacedDeploymentScale({ namespace: 'n', name: 'workers' });
  await kubernetes.apps.replaceNamespacedDeploymentScale({
    namespace: 'n',
    name: 'workers',
    body: { ...again, spec: { replicas: 5 } },
  });
  expect(server.get(deployment)?.['spec']).toEqual({ replicas: 5 });
});

test('a watch of one name is told of its changes alone, and of what is gone by 410', async () => {
  const told: string[] = [];
  const path = '/api/v1/namespaces/n/configmaps';
  const ended = new Promise((resolve) => {
    void kubernetes.watch.watch(
      path,
      { fieldSelector: 'metadata.name=a' },
      (type, object) => told.push(`${type} ${object.metadata?.name ?? object.code}`),
      resolve,
    );
  });
  await expect.poll(() => server.requests.some(({ query }) => query.get('watch') === 'true')).toBe(true);
  server.set(`${path}/b`, { data: {} });
  server.set(`${path}/a`, { data: {} });
  await expect.poll(() => told).toEqual(['ADDED a']);
  server.breakWatches();
  await ended;
  server.forgetHistory();
  await new Promise((resolve) => {
    void kubernetes.watch.watch(
      path,
      { resourceVersion: '2' },
      (type, object) => told.push(`${type} ${object.code}`),
      resolve,
    );
  });
  expect(told).toEqual(['ADDED a', 'ERROR 410']);
});

test('what does not answer is given up', { timeout: 10_000 }, async () => {
  server.intercept = () => 'hang';
  const error = await kubernetes.core.listNamespacedPod({ namespace: 'n' }).catch((thrown: unknown) => thrown);
  server.intercept = () => undefined;
  expect(error).toBeInstanceOf(Error);
  expect(statusOf(error)).toBe(null);
});
