import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeApiServer } from '../../test/kubernetes/index.ts';
import { createLogger } from '../logger.ts';
import { Metrics } from '../metrics/metrics.ts';
import { connectSettings } from './connectSettings.ts';
import type { LiveSettings } from './liveSettings.ts';

const text = 'RUN_WORKFLOW_TASK: { attempts: 3 }';
const logger = createLogger('test', 'silent');
const connect = (environment: Parameters<typeof connectSettings>[0]) =>
  connectSettings(environment, new Metrics(), logger);

let dir: string;
let live: LiveSettings | undefined;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'story-tasks-settings-'));
});
afterEach(async () => {
  live?.stop();
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true });
});

test('with neither source the defaults hold, and WORKER_CONCURRENCY with them', async () => {
  live = await connect({ WORKER_CONCURRENCY: 4 });
  expect(live.current()).toMatchObject({ hash: 'none', known: true });
  expect(live.current().settings.RUN_WORKFLOW_TASK).toMatchObject({ concurrency: 4, attempts: 1 });
});

test('a file is in force when the process starts', async () => {
  const path = join(dir, 'operations.yaml');
  await writeFile(path, text);
  live = await connect({ OPERATIONS_FILE: path });
  expect(live.current().settings.RUN_WORKFLOW_TASK.attempts).toBe(3);
});

test('so is a ConfigMap, of the cluster that KUBECONFIG names', async () => {
  const server = await FakeApiServer.start();
  server.set('/api/v1/namespaces/stories/configmaps/operations', { data: { 'operations.yaml': text } });
  const kubeConfig = join(dir, 'config');
  await writeFile(kubeConfig, server.config().exportConfig());
  vi.stubEnv('KUBECONFIG', kubeConfig);
  live = await connect({ OPERATIONS_CONFIGMAP: 'operations', POD_NAMESPACE: 'stories' });
  expect(live.current().settings.RUN_WORKFLOW_TASK.attempts).toBe(3);
  expect(server.requests[0]?.authorization).toBe('Bearer fake-token');
  await server.stop();
});

test.each([
  [{ OPERATIONS_FILE: 'f', OPERATIONS_CONFIGMAP: 'c', POD_NAMESPACE: 'n' }, 'OPERATIONS_FILE: '],
  [{ OPERATIONS_CONFIGMAP: 'c' }, 'POD_NAMESPACE: '],
])('what cannot be meant is refused: %j', async (environment, told) => {
  await expect(connect(environment)).rejects.toThrow(told);
});
