/** A pod that calls the API as any client in the cluster does; here its calls look like `fetch`. */
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Kubectl } from './kubectl.ts';

type FromAgent =
  | { readonly ready: true }
  | { readonly id: number; readonly status: number; readonly headers: Record<string, string> }
  | { readonly id: number; readonly chunk: string }
  | { readonly id: number; readonly end: true }
  | { readonly id: number; readonly error: string };

interface Call {
  readonly head: PromiseWithResolvers<Response>;
  body?: ReadableStreamDefaultController<Uint8Array>;
}

export interface ClientPodOptions {
  readonly name: string;
  readonly serviceAccount: string;
  readonly image: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const tokenFile = '/var/run/story-tasks/token';

export class ClientPod {
  readonly #agent: ChildProcess;
  readonly #calls = new Map<number, Call>();
  readonly #ready = Promise.withResolvers<void>();
  #nextId = 1;

  private constructor(agent: ChildProcess) {
    this.#agent = agent;
    if (agent.stdout) createInterface({ input: agent.stdout }).on('line', (line) => this.#take(JSON.parse(line)));
    agent.on('close', () => this.#lost());
    // A pod that is gone is told by `close`; what was being written to it is lost with it.
    agent.stdin?.on('error', () => undefined);
  }

  /** Makes the pod, with a token for the API's audience, and waits until it answers. */
  static async start(kubectl: Kubectl, options: ClientPodOptions): Promise<ClientPod> {
    await kubectl.apply(await manifests(options));
    await kubectl.run(['wait', `pod/${options.name}`, '--for=condition=Ready', '--timeout=60s']);
    return ClientPod.attach(kubectl, options.name);
  }

  static async attach(kubectl: Kubectl, name: string): Promise<ClientPod> {
    const pod = new ClientPod(kubectl.spawn(['exec', '-i', name, '--', 'node', '/agent/agent.mjs']));
    await pod.#ready.promise;
    return pod;
  }

  /** @param token in place of the pod's own; '' is none */
  fetchWith(token: string | undefined): typeof fetch {
    return async (input, init = {}) => {
      const id = this.#nextId++;
      const call: Call = { head: Promise.withResolvers() };
      this.#calls.set(id, call);
      const headers = Object.fromEntries(new Headers(init.headers));
      const body = typeof init.body === 'string' ? init.body : undefined;
      this.#tell({ id, url: String(input), method: init.method ?? 'GET', headers, body, token });
      init.signal?.addEventListener('abort', () => this.#abort(id, call, init.signal?.reason));
      return call.head.promise;
    };
  }

  get fetch(): typeof fetch {
    return this.fetchWith(undefined);
  }

  stop(): void {
    this.#agent.kill();
  }

  #tell(message: object): void {
    this.#agent.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  #abort(id: number, call: Call, reason: unknown): void {
    if (!this.#calls.delete(id)) return;
    this.#tell({ id, abort: true });
    fail(call, reason);
  }

  #take(message: FromAgent): void {
    if ('ready' in message) {
      this.#ready.resolve();
      return;
    }
    const call = this.#calls.get(message.id);
    if (call === undefined) return;
    if ('status' in message) call.head.resolve(responseOf(call, message));
    else if ('chunk' in message) call.body?.enqueue(Buffer.from(message.chunk, 'base64'));
    else {
      this.#calls.delete(message.id);
      if ('end' in message) call.body?.close();
      else fail(call, new TypeError(`fetch failed: ${message.error}`));
    }
  }

  #lost(): void {
    const lost = new TypeError('fetch failed: the client pod is gone');
    this.#ready.reject(lost);
    for (const call of this.#calls.values()) fail(call, lost);
    this.#calls.clear();
  }
}

function responseOf(call: Call, { status, headers }: { status: number; headers: Record<string, string> }): Response {
  const bodiless = status === 204 || status === 304;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      call.body = controller;
    },
  });
  // What was decoded in the pod is not encoded any more.
  const { 'content-encoding': _encoding, 'content-length': _length, ...kept } = headers;
  return new Response(bodiless ? null : body, { status, headers: kept });
}

function fail(call: Call, reason: unknown): void {
  call.head.reject(reason);
  call.head.promise.catch(() => undefined);
  call.body?.error(reason);
}

async function manifests({ name, serviceAccount, image, labels = {} }: ClientPodOptions): Promise<object[]> {
  const agent = await readFile(new URL('../client/agent.mjs', import.meta.url), 'utf8');
  const metadata = { name, labels: { 'app.kubernetes.io/name': 'client', ...labels } };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: serviceAccount } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${name}-agent` }, data: { 'agent.mjs': agent } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: {
        serviceAccountName: serviceAccount,
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 0,
        securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'client',
            image,
            imagePullPolicy: 'IfNotPresent',
            command: ['node', '-e', 'setInterval(() => {}, 1e9)'],
            env: [{ name: 'TOKEN_FILE', value: tokenFile }],
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            volumeMounts: [
              { name: 'agent', mountPath: '/agent' },
              { name: 'token', mountPath: '/var/run/story-tasks' },
            ],
          },
        ],
        volumes: [
          { name: 'agent', configMap: { name: `${name}-agent` } },
          {
            name: 'token',
            projected: {
              sources: [{ serviceAccountToken: { audience: 'story-tasks', expirationSeconds: 3_600, path: 'token' } }],
            },
          },
        ],
      },
    },
  ];
}
