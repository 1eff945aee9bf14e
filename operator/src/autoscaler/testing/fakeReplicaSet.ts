/** Makes and removes the pods of a Deployment at a fake Kubernetes API, as a ReplicaSet does: unready first, then by cost. */
import type { FakeApiServer, FakeObject } from '@story-tasks/runtime/kubernetes/test';

export const namespace = 'stories';
const deploymentPath = `/apis/apps/v1/namespaces/${namespace}/deployments/workers`;
const podsPath = `/api/v1/namespaces/${namespace}/pods`;
export const eventsPath = `/api/v1/namespaces/${namespace}/events`;
const costAnnotation = 'controller.kubernetes.io/pod-deletion-cost';

export class FakeReplicaSet {
  /** In the order in which they were removed. */
  readonly removed: string[] = [];
  readonly #server: FakeApiServer;
  #made = 0;

  constructor(server: FakeApiServer, replicas: number) {
    this.#server = server;
    const selector = { matchLabels: { app: 'worker' } };
    server.set(deploymentPath, { spec: { replicas, selector } });
    this.control();
  }

  get replicas(): number {
    const { spec } = this.#server.get(deploymentPath) as FakeObject & { readonly spec: { readonly replicas: number } };
    return spec.replicas;
  }

  annotation(name: string): string | undefined {
    const annotations = this.#server.get(deploymentPath)?.metadata['annotations'] as Record<string, string> | undefined;
    return annotations?.[name];
  }

  /** As somebody else would. */
  write(replicas: number, annotations: Record<string, string> = {}): void {
    const { metadata, spec } = this.#server.get(deploymentPath) as FakeObject;
    const all = { ...(metadata['annotations'] as object | undefined), ...annotations };
    this.#server.set(deploymentPath, { metadata: { annotations: all }, spec: { ...(spec as object), replicas } });
  }

  names(): string[] {
    return this.#server.list(podsPath).map(({ metadata }) => metadata.name);
  }

  cost(name: string): number {
    const annotations = this.#server.get(`${podsPath}/${name}`)?.metadata['annotations'] as
      | Record<string, string>
      | undefined;
    return Number(annotations?.[costAnnotation] ?? 0);
  }

  setReady(name: string, isReady: boolean): void {
    const pod = this.#server.get(`${podsPath}/${name}`) as FakeObject;
    this.#server.set(`${podsPath}/${name}`, { ...pod, status: statusOf(isReady) });
  }

  /** One round of its controller. */
  control(): void {
    while (this.names().length < this.replicas) this.#make();
    const excess = this.names().length - this.replicas;
    for (const name of this.names().sort(this.#whoGoesFirst).slice(0, Math.max(0, excess))) {
      this.removed.push(name);
      this.#server.delete(`${podsPath}/${name}`);
    }
  }

  #make(): void {
    this.#made += 1;
    const name = `worker-${this.#made}`;
    this.#server.set(`${podsPath}/${name}`, {
      metadata: {
        labels: { app: 'worker' },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'rs-1', controller: true }],
        creationTimestamp: new Date(Date.parse('2026-11-22T12:00:00Z') + this.#made * 1_000).toISOString(),
      },
      spec: { nodeName: 'node' },
      status: statusOf(true),
    });
  }

  #isReady(name: string): boolean {
    const { status } = this.#server.get(`${podsPath}/${name}`) as FakeObject & {
      readonly status: ReturnType<typeof statusOf>;
    };
    return status.conditions[0]?.status === 'True';
  }

  #whoGoesFirst = (a: string, b: string): number =>
    Number(this.#isReady(a)) - Number(this.#isReady(b)) || this.cost(a) - this.cost(b);
}

function statusOf(isReady: boolean) {
  return {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
    containerStatuses: [{ name: 'worker', ready: isReady, state: { running: { startedAt: '2026-11-22T12:00:00Z' } } }],
  };
}
