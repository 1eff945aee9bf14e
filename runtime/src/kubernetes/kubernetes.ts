/** The Kubernetes API as a pod has it: the clients that the parts use, with a limit on every call. */
import {
  ApiException,
  AppsV1Api,
  AuthenticationV1Api,
  CoordinationV1Api,
  CoreV1Api,
  createConfiguration,
  KubeConfig,
  type RequestContext,
  type ResponseContext,
  ServerConfiguration,
  Watch,
} from '@kubernetes/client-node';
import { CodedError } from '@story-tasks/contracts';

/** A call that takes longer is given up, in milliseconds. */
const callLimitMs = 5_000;

export interface Kubernetes {
  readonly apps: AppsV1Api;
  readonly authentication: AuthenticationV1Api;
  readonly coordination: CoordinationV1Api;
  readonly core: CoreV1Api;
  readonly watch: Watch;
}

export class KubernetesSettingsError extends CodedError {
  constructor() {
    super(
      'KUBERNETES_SETTINGS',
      'caller',
      'No Kubernetes API is known: run in a pod with a ServiceAccount token, or set KUBECONFIG.',
    );
  }
}

/**
 * @param config default: the pod's ServiceAccount, or KUBECONFIG outside a cluster
 * @throws KubernetesSettingsError when it names no cluster
 */
export function connectKubernetes(config: KubeConfig = defaultConfig()): Kubernetes {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new KubernetesSettingsError();
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(cluster.server, {}),
    authMethods: { default: config },
    promiseMiddleware: [{ pre: limited, post: unchanged }],
  });
  return {
    apps: new AppsV1Api(configuration),
    authentication: new AuthenticationV1Api(configuration),
    coordination: new CoordinationV1Api(configuration),
    core: new CoreV1Api(configuration),
    watch: new Watch(config),
  };
}

/** @returns the HTTP status that the API server answered with; null when it did not answer */
export function statusOf(error: unknown): number | null {
  return error instanceof ApiException ? error.code : null;
}

function defaultConfig(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromDefault();
  return config;
}

async function limited(context: RequestContext): Promise<RequestContext> {
  context.setSignal(AbortSignal.timeout(callLimitMs));
  return context;
}

const unchanged = async (context: ResponseContext) => context;
