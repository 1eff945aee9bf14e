/** What a scenario works with: the API as a client in the cluster sees it, the cluster, and the release. */
import { createClient, type StoryTasksClient } from '@story-tasks/client/source';
import type { Task, TaskStatus } from '@story-tasks/contracts';
import { expect } from 'vitest';
import { ClientPod } from './clientPod.ts';
import { type Kubectl, type KubeObject, kubectlIn } from './kubectl.ts';
import { releaseName } from './release.ts';
import { type E2eSettings, e2eSettings } from './settings.ts';
import { timeouts } from './timeouts.ts';

export const apiUrl = `http://${releaseName}-api:8080`;
export const clientPodName = 'client';

const terminal: readonly TaskStatus[] = ['succeeded', 'failed', 'cancelled'];
const isTerminal = ({ status }: Pick<Task, 'status'>): boolean => terminal.includes(status);

export class System {
  readonly settings: E2eSettings;
  readonly kubectl: Kubectl;
  readonly pod: ClientPod;
  readonly api: StoryTasksClient;

  constructor(settings: E2eSettings, pod: ClientPod) {
    this.settings = settings;
    this.kubectl = kubectlIn(settings.E2E_NAMESPACE);
    this.pod = pod;
    this.api = createClient({ url: apiUrl, fetch: pod.fetch });
  }

  static async open(): Promise<System> {
    const settings = e2eSettings();
    return new System(settings, await ClientPod.attach(kubectlIn(settings.E2E_NAMESPACE), clientPodName));
  }

  close(): void {
    this.pod.stop();
  }

  newStory(name: string): Promise<string> {
    const initialPrompt = `A keeper of a lighthouse finds a door in the rock below it. (${name})`;
    return this.api.createStory({ displayName: name, initialPrompt }).then(({ storyId }) => storyId);
  }

  /** One model call. */
  constitutionTask(storyId: string): Promise<string> {
    const options = { task: 'CREATE_CONSTITUTION' } as const;
    return this.api.create({ operation: 'RUN_WORKFLOW_TASK', storyId, options }).then(({ taskId }) => taskId);
  }

  /** A model call for each of about a dozen scenelets; the story needs its constitution first. */
  scriptTask(storyId: string): Promise<string> {
    const options = { task: 'CREATE_INTERACTIVE_SCRIPT' } as const;
    return this.api.create({ operation: 'RUN_WORKFLOW_TASK', storyId, options }).then(({ taskId }) => taskId);
  }

  task(taskId: string): Promise<Task> {
    return this.api.get(taskId).then(({ task }) => task);
  }

  /** @returns the task as it ended */
  async ended(taskId: string, timeout: number = timeouts.task): Promise<Task> {
    await expect.poll(() => this.task(taskId).then(isTerminal), { timeout, interval: 500 }).toBe(true);
    return this.task(taskId);
  }

  async running(taskId: string): Promise<Task> {
    const status = () => this.task(taskId).then((task) => task.status);
    await expect.poll(status, { timeout: timeouts.scale, interval: 200 }).toBe('running');
    return this.task(taskId);
  }

  pods(component: string): Promise<KubeObject[]> {
    const selector = `app.kubernetes.io/instance=${releaseName},app.kubernetes.io/component=${component}`;
    return this.kubectl.list('pods', '-l', selector);
  }

  async readyPods(component: string): Promise<KubeObject[]> {
    const pods = await this.pods(component);
    return pods.filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined &&
        status.conditions?.some(
          ({ type, status: is }: { type: string; status: string }) => type === 'Ready' && is === 'True',
        ),
    );
  }

  /** What a component's pod tells on its ops port. */
  async ops(pod: KubeObject, path: string): Promise<string> {
    const response = await this.pod.fetchWith('')(`http://${pod['status'].podIP}:9090${path}`);
    return response.text();
  }

  metrics(pod: KubeObject): Promise<string> {
    return this.ops(pod, '/metrics');
  }
}
