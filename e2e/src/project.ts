/** A Supabase project and a Redis as somebody else runs them: what a release without embedded parts is told of by Secrets. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Kubectl } from './kubectl.ts';

const owner = 'supabase_admin';

interface Service {
  readonly name: string;
  readonly image: string;
  readonly port: number;
  readonly uid: number;
  readonly args: readonly string[];
  readonly env?: readonly object[];
  /** A folder in the container with the files of a ConfigMap. */
  readonly files?: { readonly at: string; readonly of: Readonly<Record<string, string>> };
}

export interface Project {
  /** What must show in no log, also as it is in a URL. */
  readonly secrets: readonly string[];
  /** Values of the chart, as the guide to an installation has them. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Another password of the database for whoever reads the Secret; the database keeps its own. */
  setPassword(password: string): Promise<void>;
  /** @returns the rows, a line each */
  query(sql: string): Promise<string[]>;
}

/** Passwords with what a URL must not have as it is. */
const newPassword = () => `${randomUUID()}@/:#%`;

const secret = (name: string, stringData: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  stringData,
});
const fromSecret = (name: string, key: string, variable: string) => ({
  name: variable,
  valueFrom: { secretKeyRef: { name, key } },
});
const databaseUrl = (user: string, password: string) =>
  `postgresql://${user}:${encodeURIComponent(password)}@postgres:5432/postgres`;

/** @param image of the embedded Supabase, which serves the project's calls */
export async function startProject(kubectl: Kubectl, image: string): Promise<Project> {
  const [database, redis, secretKey] = [newPassword(), newPassword(), `sb_secret_${randomUUID()}`];
  const userSecret = (password: string) =>
    secret('supabase', { 'secret-key': secretKey, 'database-url': databaseUrl('postgres', password) });
  await kubectl.apply([
    secret('redis', { url: `redis://:${encodeURIComponent(redis)}@redis:6379` }),
    userSecret(database),
    secret('of-the-providers', { database, redis, 'database-url': databaseUrl(owner, database) }),
  ]);
  await provide(kubectl, await postgresService(), redisService());
  await provide(kubectl, await gatewayService(image));
  const query = async (sql: string) => {
    const text = await kubectl.exec('postgres', ['psql', '-U', owner, '-d', 'postgres', '-Atq'], sql);
    return text.split('\n').filter((line) => line !== '');
  };
  await query(`alter role postgres password '${database}'`);
  // Supabase Lite begins with a record of migrations, a project has none.
  await query('drop schema supabase_migrations cascade');
  return {
    secrets: [database, redis, secretKey, encodeURIComponent(database), encodeURIComponent(redis)],
    values: await valuesOf(kubectl),
    setPassword: async (password) => void (await kubectl.apply(userSecret(password))),
    query,
  };
}

async function postgresService(): Promise<Service> {
  const hosted = await readFile(new URL('../project/hosted.sql', import.meta.url), 'utf8');
  return {
    name: 'postgres',
    image: 'postgres:15-bookworm',
    port: 5432,
    uid: 999,
    args: ['postgres', '-c', 'wal_level=logical', '-c', 'fsync=off'],
    env: [
      { name: 'POSTGRES_USER', value: owner },
      { name: 'POSTGRES_DB', value: 'postgres' },
      { name: 'PGDATA', value: '/data/here' },
      fromSecret('of-the-providers', 'database', 'POSTGRES_PASSWORD'),
    ],
    files: { at: '/docker-entrypoint-initdb.d', of: { 'hosted.sql': hosted } },
  };
}

const redisService = (): Service => ({
  name: 'redis',
  image: 'redis:7-bookworm',
  port: 6379,
  uid: 999,
  args: ['redis-server', '--requirepass', '$(PASSWORD)', '--maxmemory-policy', 'noeviction'],
  env: [fromSecret('of-the-providers', 'redis', 'PASSWORD')],
});

async function gatewayService(image: string): Promise<Service> {
  const gateway = await readFile(new URL('../project/gateway.mjs', import.meta.url), 'utf8');
  return {
    name: 'gateway',
    image,
    port: 54_321,
    uid: 65_532,
    args: ['/gateway/gateway.mjs'],
    env: [
      fromSecret('of-the-providers', 'database-url', 'DATABASE_URL'),
      fromSecret('supabase', 'secret-key', 'SECRET_KEY'),
      { name: 'PROJECT_DIR', value: '/data' },
    ],
    files: { at: '/gateway', of: { 'gateway.mjs': gateway } },
  };
}

async function provide(kubectl: Kubectl, ...services: Service[]): Promise<void> {
  await kubectl.apply(services.flatMap(manifestsOf));
  await kubectl.run(['wait', 'pods', '-l', 'provider', '--for=condition=Ready', '--timeout=120s']);
}

function manifestsOf(service: Service): object[] {
  const { name, port, files } = service;
  const labels = { provider: name };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${name}-files` }, data: files?.of ?? {} },
    { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: labels, ports: [{ port }] } },
    { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec: podOf(service) },
  ];
}

function podOf({ name, image, port, uid, args, env = [], files }: Service): object {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 1,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: uid,
      runAsGroup: uid,
      fsGroup: uid,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name,
        image,
        imagePullPolicy: 'IfNotPresent',
        args,
        env,
        ports: [{ containerPort: port }],
        readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        volumeMounts: [
          { name: 'data', mountPath: '/data' },
          ...(files === undefined ? [] : [{ name: 'files', mountPath: files.at }]),
        ],
      },
    ],
    volumes: [
      { name: 'data', emptyDir: {} },
      { name: 'files', configMap: { name: `${name}-files` } },
    ],
  };
}

/** Addresses are those that a policy sees: of the pods, behind their Services. */
async function valuesOf(kubectl: Kubectl): Promise<Readonly<Record<string, unknown>>> {
  const egressTo = async (name: string, port: number) => {
    const pod = await kubectl.get('pod', name);
    return [{ cidr: `${pod['status'].podIP}/32`, ports: [port] }];
  };
  return {
    redis: { embedded: { enabled: false }, external: { existingSecret: 'redis' } },
    supabase: {
      embedded: { enabled: false },
      external: { url: 'http://gateway:54321', existingSecret: 'supabase' },
      migrations: { existingSecret: 'supabase' },
    },
    networkPolicy: {
      enabled: true,
      egress: {
        redis: await egressTo('redis', 6379),
        supabase: await egressTo('gateway', 54_321),
        database: await egressTo('postgres', 5432),
      },
    },
  };
}
