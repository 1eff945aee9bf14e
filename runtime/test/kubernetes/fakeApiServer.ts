/**
 * A Kubernetes API on loopback that keeps objects of any kind as a real one does (resource versions, conflicts, watches,
 * the scale of a Deployment), and fails when it is told to: what a real one does seldom (410, 429, silence, a stale watch)
 * can be had here at will. What a real one does always, the end-to-end suite shows on a real one.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { KubeConfig } from '@kubernetes/client-node';

export interface FakeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface FakeRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** `hang` never answers, `reset` breaks the connection; undefined lets the server answer by itself. */
export type Intercept = (
  request: FakeRequest,
) =>
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | 'hang'
  | 'reset'
  | undefined;

interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly path: string;
  readonly version: number;
  readonly object: FakeObject;
}

interface Watcher {
  readonly collection: string;
  readonly query: URLSearchParams;
  readonly response: ServerResponse;
}

const collectionOf = (path: string) => path.slice(0, path.lastIndexOf('/'));

export class FakeApiServer {
  readonly requests: FakeRequest[] = [];
  /** What happens to a request before it is served. */
  intercept: Intercept = () => undefined;
  /** A stale watch: connected, and told nothing. */
  watchesMuted = false;
  readonly #objects = new Map<string, FakeObject>();
  readonly #history: Change[] = [];
  readonly #watchers = new Set<Watcher>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  #version = 1;
  /** Older versions are gone: a watch from one of them gets 410. */
  #floor = 0;

  /** @param port a free one when absent */
  static async start(port = 0): Promise<FakeApiServer> {
    const fake = new FakeApiServer();
    fake.#server.listen(port, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  config(token = 'fake-token'): KubeConfig {
    const config = new KubeConfig();
    config.loadFromClusterAndUser({ name: 'fake', server: this.url, skipTLSVerify: true }, { name: 'fake', token });
    return config;
  }

  get openWatches(): number {
    return this.#watchers.size;
  }

  /** @param path as /api/v1/namespaces/n/configmaps/c */
  get(path: string): FakeObject | undefined {
    return this.#objects.get(path);
  }

  /** All objects below a collection's path. */
  list(collection: string): FakeObject[] {
    return [...this.#objects].filter(([path]) => collectionOf(path) === collection).map(([, object]) => object);
  }

  /** Writes as somebody else would, whatever the resource version. */
  set(path: string, object: Record<string, unknown>): FakeObject {
    const before = this.#objects.get(path);
    const [, namespace] = /\/namespaces\/([^/]+)\//.exec(path) ?? [];
    const metadata = {
      uid: crypto.randomUUID(),
      creationTimestamp: new Date().toISOString(),
      ...before?.metadata,
      ...(object['metadata'] as object | undefined),
      name: path.slice(path.lastIndexOf('/') + 1),
      ...(namespace === undefined ? {} : { namespace }),
      resourceVersion: String(++this.#version),
    };
    const written: FakeObject = { ...object, metadata };
    this.#objects.set(path, written);
    this.#tell({ type: before ? 'MODIFIED' : 'ADDED', path, version: this.#version, object: written });
    return written;
  }

  delete(path: string): void {
    const object = this.#objects.get(path);
    if (object === undefined) return;
    this.#objects.delete(path);
    // As it was, with the version of its end.
    const metadata = { ...object.metadata, resourceVersion: String(++this.#version) };
    this.#tell({ type: 'DELETED', path, version: this.#version, object: { ...object, metadata } });
  }

  /** As after a restart of the API server. */
  breakWatches(): void {
    for (const { response } of this.#watchers) response.destroy();
  }

  /** A watch that asks for what was before this moment gets 410 Gone. */
  forgetHistory(): void {
    this.#floor = ++this.#version;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #tell(change: Change): void {
    this.#history.push(change);
    if (this.watchesMuted) return;
    for (const watcher of this.#watchers) this.#send(watcher, change);
  }

  #send({ collection, query, response }: Watcher, { type, path, object }: Change): void {
    if (collectionOf(path) !== collection || !isSelected(object, query)) return;
    response.write(`${JSON.stringify({ type, object })}\n`);
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams: query } = new URL(message.url ?? '/', 'http://fake');
    const hasBody =
      message.headers['content-length'] !== undefined || message.headers['transfer-encoding'] !== undefined;
    const body = hasBody ? await json(message) : undefined;
    const request = {
      method: message.method ?? 'GET',
      path,
      query,
      authorization: message.headers.authorization,
      body,
    };
    this.requests.push(request);
    const told = this.intercept(request);
    if (told === 'hang') return;
    if (told === 'reset') message.socket.destroy();
    else if (told !== undefined) answer(response, told.status, told.body ?? statusBody(told.status), told.headers);
    else if (query.get('watch') === 'true') this.#watch(path, query, response);
    else {
      const { status, body: reply } = this.#apply(request);
      answer(response, status, reply);
    }
  }

  #watch(collection: string, query: URLSearchParams, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const from = Number(query.get('resourceVersion') ?? 0);
    if (from > 0 && from < this.#floor) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: statusBody(410) })}\n`);
      return;
    }
    const watcher = { collection, query, response };
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
    for (const change of this.#since(from, collection)) this.#send(watcher, change);
  }

  #since(from: number, collection: string): Change[] {
    if (this.watchesMuted) return [];
    if (from > 0) return this.#history.filter(({ version }) => version > from);
    const present = [...this.#objects].filter(([path]) => collectionOf(path) === collection);
    return present.map(([path, object]) => ({ type: 'ADDED', path, version: 0, object }));
  }

  #apply({ method, path, query, body }: FakeRequest): { status: number; body: unknown } {
    if (path.endsWith('/scale')) return this.#scale(method, path.slice(0, -'/scale'.length), body as FakeObject);
    const present = this.#objects.get(path);
    if (method === 'GET' && present === undefined && isCollection(path)) return this.#listed(path, query);
    if (method === 'POST') return this.#create(path, body as FakeObject);
    if (present === undefined) return { status: 404, body: statusBody(404) };
    if (method === 'GET') return { status: 200, body: present };
    if (method === 'PUT') return this.#replace(path, present, body as FakeObject);
    if (method === 'PATCH') return this.#replace(path, present, merged(present, body) as FakeObject);
    if (method !== 'DELETE') return { status: 405, body: statusBody(405) };
    this.delete(path);
    return { status: 200, body: present };
  }

  #listed(collection: string, query: URLSearchParams): { status: number; body: unknown } {
    const items = this.list(collection).filter((object) => isSelected(object, query));
    return { status: 200, body: { metadata: { resourceVersion: String(this.#version) }, items } };
  }

  #create(collection: string, object: FakeObject): { status: number; body: unknown } {
    const generated = `${String(object.metadata['generateName'] ?? '')}${crypto.randomUUID().slice(0, 8)}`;
    const path = `${collection}/${object.metadata.name ?? generated}`;
    if (this.#objects.has(path)) return { status: 409, body: statusBody(409) };
    return { status: 201, body: this.set(path, object) };
  }

  #replace(path: string, present: FakeObject, object: FakeObject): { status: number; body: unknown } {
    const { resourceVersion } = object.metadata;
    const conflict = resourceVersion !== undefined && resourceVersion !== present.metadata.resourceVersion;
    return conflict ? { status: 409, body: statusBody(409) } : { status: 200, body: this.set(path, object) };
  }

  #scale(method: string, path: string, body: FakeObject): { status: number; body: unknown } {
    const present = this.#objects.get(path);
    if (present === undefined) return { status: 404, body: statusBody(404) };
    if (method === 'PUT') {
      const spec = { ...(present['spec'] as object), replicas: (body['spec'] as { replicas?: number }).replicas ?? 0 };
      const replaced = this.#replace(path, present, { ...present, metadata: body.metadata, spec });
      if (replaced.status !== 200) return replaced;
    }
    const { metadata, spec, status } = this.#objects.get(path) as FakeObject;
    const replicas = (spec as { replicas?: number } | undefined)?.replicas ?? 1;
    const { name, namespace, resourceVersion, uid } = metadata;
    const shown = { name, namespace, resourceVersion, uid };
    const running = (status as { replicas?: number } | undefined)?.replicas ?? 0;
    return { status: 200, body: { metadata: shown, spec: { replicas }, status: { replicas: running } } };
  }
}

/** Of the kinds that are used here: their paths end with a plural, names with anything else. */
function isCollection(path: string): boolean {
  return path.split('/').length % 2 === (path.startsWith('/api/') ? 0 : 1) && path.includes('/namespaces/');
}

function isSelected({ metadata }: FakeObject, query: URLSearchParams): boolean {
  const [, name = metadata.name] = (query.get('fieldSelector') ?? '').split('metadata.name=');
  const wanted = (query.get('labelSelector') ?? '').split(',').filter((part) => part !== '');
  const hasLabel = (part: string) => {
    const [label = '', value] = part.split('=');
    return metadata.labels?.[label] === value;
  };
  return name === metadata.name && wanted.every(hasLabel);
}

/** RFC 7396. */
function merged(target: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
  const base = target !== null && typeof target === 'object' && !Array.isArray(target) ? target : {};
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

const reasons: Readonly<Record<number, string>> = {
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
};

function statusBody(code: number): unknown {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason: reasons[code] ?? 'InternalError' };
}

function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...headers, 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
