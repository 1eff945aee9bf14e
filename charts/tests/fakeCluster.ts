/**
 * A Kubernetes API for helm to look at: has objects, and says which kinds there are. Helm writes in a form of its own (protobuf),
 * which this one does not read: what an install does is seen on kind.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeApiServer } from '../../runtime/test/kubernetes/index.ts';
import { chartDir, helm, namespace, type Values } from './helm.ts';

/** Kinds by group and version; resources are the plural in small letters. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  v1: ['ConfigMap', 'PersistentVolumeClaim', 'Secret', 'Service', 'ServiceAccount'],
  'apps/v1': ['Deployment'],
  'policy/v1': ['PodDisruptionBudget'],
  'rbac.authorization.k8s.io/v1': ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'],
};

const groups = Object.keys(kinds).filter((version) => version !== 'v1');

function resources(groupVersion: string): unknown {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: kinds[groupVersion]?.map((kind) => ({
      name: `${kind.toLowerCase()}s`,
      singularName: kind.toLowerCase(),
      kind,
      namespaced: !kind.startsWith('Cluster'),
      verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
    })),
  };
}

const groupList = {
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groups.map((groupVersion) => {
    const [name, version] = groupVersion.split('/');
    const preferredVersion = { groupVersion, version };
    return { name, versions: [preferredVersion], preferredVersion };
  }),
};

const discovery: Readonly<Record<string, unknown>> = {
  '/version': { major: '1', minor: '34', gitVersion: 'v1.34.4' },
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/api/v1': resources('v1'),
  '/apis': groupList,
  ...Object.fromEntries(groups.map((groupVersion) => [`/apis/${groupVersion}`, resources(groupVersion)])),
};

export class FakeCluster {
  readonly api: FakeApiServer;
  readonly #home: string;

  private constructor(api: FakeApiServer, home: string) {
    this.api = api;
    this.#home = home;
    api.intercept = ({ method, path }) => {
      const body = method === 'GET' ? discovery[path] : undefined;
      return body === undefined ? undefined : { status: 200, body };
    };
  }

  static async start(): Promise<FakeCluster> {
    const home = await mkdtemp(join(tmpdir(), 'story-tasks-chart-'));
    const api = await FakeApiServer.start();
    await writeFile(join(home, 'kubeconfig'), api.config().exportConfig());
    return new FakeCluster(api, home);
  }

  /** @returns what an install would make, and the notes. @throws Error in helm's words */
  async install(values: Values): Promise<string> {
    const args = ['install', 'tasks', chartDir, '--namespace', namespace, '--values', '-'];
    const dry = ['--dry-run=server', '--disable-openapi-validation'];
    const home = { HOME: this.#home, HELM_CACHE_HOME: this.#home, KUBECONFIG: join(this.#home, 'kubeconfig') };
    const { code, output, errors } = await helm([...args, ...dry], JSON.stringify(values), home);
    if (code !== 0) throw new Error(errors);
    return output;
  }

  /** A Secret as helm and the API server left it. */
  keep(name: string, values: Readonly<Record<string, string>>): void {
    const encoded = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
    this.api.set(`/api/v1/namespaces/${namespace}/secrets/${name}`, {
      kind: 'Secret',
      apiVersion: 'v1',
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: { 'meta.helm.sh/release-name': 'tasks', 'meta.helm.sh/release-namespace': namespace },
      },
      data: Object.fromEntries(encoded),
    });
  }

  async stop(): Promise<void> {
    await this.api.stop();
    await rm(this.#home, { recursive: true });
  }
}
