/** Settings from the environment: read once, checked at once, told in words when they do not fit. */
import { CodedError } from '@story-tasks/contracts';
import { z } from 'zod';

export class EnvironmentError extends CodedError {
  constructor(problems: readonly string[]) {
    super(
      'ENVIRONMENT_INVALID',
      'caller',
      `These settings do not fit; change them and start again:\n  ${problems.join('\n  ')}`,
    );
  }
}

/**
 * Reads settings. An empty variable counts as unset, since that is what an unset value in a manifest becomes.
 * @throws EnvironmentError naming every variable that does not fit; a value is never repeated, it may be a secret
 */
export function readEnvironment<S extends z.ZodObject>(
  schema: S,
  env: Record<string, string | undefined> = process.env,
): z.output<S> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given, { reportInput: false });
  if (parsed.success) return parsed.data;
  throw new EnvironmentError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
}

const number = () => z.coerce.number('must be a number');
const port = (fallback: number) => number().int().min(0).max(65_535).default(fallback);
const dnsName = /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/;
const seconds = (fallback: number) => number().positive().max(86_400).default(fallback);

/** Of every process. */
export const processEnvironment = z.object({
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('The least severe log line that is written.'),
  OPS_PORT: port(9090).describe('Port of /healthz, /readyz and /metrics.'),
  OPS_HOST: z.string().default('0.0.0.0').describe('Address that the ops port listens on.'),
  POD_NAME: z
    .string()
    .max(253)
    .optional()
    .describe('Name of this process on tasks and in logs. Default: host name and process id.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'an http(s) URL is needed' })
    .optional()
    .describe(
      'Where traces go: the base URL of an OpenTelemetry collector (OTLP over HTTP). OTEL_EXPORTER_OTLP_HEADERS and the exporter’s other variables count too. Unset: there are no traces.',
    ),
  OTEL_SERVICE_NAME: z
    .string()
    .optional()
    .describe('Name of this process in traces. Default: story-tasks-api, -worker or -operator.'),
});

/** Of a process that obeys the live settings of operations. */
export const settingsEnvironment = z.object({
  OPERATIONS_FILE: z
    .string()
    .optional()
    .describe('A file with the settings of operations (YAML), watched: a change applies within two seconds.'),
  OPERATIONS_CONFIGMAP: z
    .string()
    .regex(dnsName, 'must be the name of a ConfigMap')
    .optional()
    .describe(
      'In a cluster, instead of the file: the ConfigMap in POD_NAMESPACE whose key operations.yaml has the settings.',
    ),
  POD_NAMESPACE: z
    .string()
    .regex(dnsName, 'must be the name of a namespace')
    .optional()
    .describe('The namespace of this pod.'),
});

/** Of a process that dispatches or runs. */
export const redisEnvironment = z.object({
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'a redis:// or rediss:// URL is needed' })
    .describe('Redis 6.2 or later, with maxmemory-policy noeviction.'),
});

/** Of a process that keeps the record. */
export const storeEnvironment = z.object({
  SUPABASE_URL: z
    .url({ protocol: /^https?$/, error: 'the http(s) URL of the Supabase project is needed' })
    .describe('URL of the Supabase project.'),
  SUPABASE_SECRET_KEY: z
    .string('the secret key of the Supabase project is needed')
    .min(1)
    .describe('sb_secret_… or the service role’s JWT.'),
});

export const apiEnvironment = z.object({
  PORT: port(8080).describe('Port of the HTTP API.'),
  HOST: z.string().default('0.0.0.0').describe('Address that the HTTP API listens on.'),
  LINGER_SECONDS: number()
    .min(0)
    .max(60)
    .default(0)
    .describe(
      'After SIGTERM: how long connections that clients keep are still served, each answer asking for an end. Behind a load balancer: 5, longer than clients keep idle ones.',
    ),
  BUNDLE_STORE: z.string().describe('Where player bundles are kept: dir:<path> or supabase:<bucket>.'),
});

const listed = z
  .string()
  .transform((text) => text.split(',').map((item) => item.trim()))
  .transform((items) => items.filter((item) => item !== ''));

/** Who may call the API. */
export const authEnvironment = z.object({
  AUTH_MODE: z
    .enum(['none', 'serviceAccount', 'supabase'])
    .default('none')
    .describe(
      'Who may call: anybody that reaches the port (none), ServiceAccounts of the cluster by their tokens, or users of the Supabase project by their JWTs.',
    ),
  AUTH_ALLOWED_SERVICE_ACCOUNTS: listed
    .default([])
    .describe(
      'Mode serviceAccount: who may call, as namespace/name separated by commas; namespace/* is all of a namespace.',
    ),
  AUTH_JWT_SECRET: z
    .string()
    .optional()
    .describe('Mode supabase: the secret of the project’s JWTs signed by HS256. Unset: the project’s JWKS is asked.'),
  AUTH_JWKS_URL: z
    .url({ protocol: /^https?$/, error: 'an http(s) URL is needed' })
    .optional()
    .describe('Mode supabase: where the keys are. Default: /auth/v1/.well-known/jwks.json of SUPABASE_URL.'),
});

export const workerEnvironment = z.object({
  WORKER_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe(
      'Runs of one operation at once in this process, where the settings of operations do not say. The operator is told that of the workers, and reckons with it. Default: 1.',
    ),
  LEASE_SECONDS: seconds(15).describe('How long a run owns its task after its last confirmed write.'),
  DRAIN_SECONDS: seconds(20).describe('After SIGTERM: how long runs may go on to their next persisted step.'),
  BUNDLE_STORE: apiEnvironment.shape.BUNDLE_STORE,
});

export const operatorEnvironment = z.object({
  RECONCILE_SECONDS: seconds(2).describe('How often lost runs are looked for, and rows compared with lanes.'),
  RETENTION_DAYS: z.coerce
    .number()
    .positive()
    .max(36_500)
    .optional()
    .describe('Tasks that ended longer ago are deleted, with their events and idempotency keys. Unset: all are kept.'),
  LEADER_LEASE: z
    .string()
    .regex(dnsName, 'must be the name of a Lease')
    .optional()
    .describe('The Lease in POD_NAMESPACE that operators contend for. Unset: this is the only operator, and leads.'),
  LEADER_LEASE_SECONDS: seconds(10).describe('How long a leader that is silent is still taken for the leader.'),
  LEADER_RENEW_SECONDS: seconds(6).describe('A leader that could not renew for so long stops acting.'),
  LEADER_RETRY_SECONDS: seconds(2).describe('How often the Lease is renewed, or tried for.'),
});

/** Of an operator that sizes the workers. */
export const autoscalerEnvironment = z.object({
  AUTOSCALING_MODE: z
    .enum(['none', 'operator', 'external'])
    .default('none')
    .describe(
      'Who sizes the worker Deployment: nobody, this operator, or another (KEDA, an HPA), for whom it keeps pod deletion costs current.',
    ),
  WORKER_DEPLOYMENT: z
    .string()
    .regex(dnsName, 'must be the name of a Deployment')
    .optional()
    .describe('The Deployment of the workers, in POD_NAMESPACE.'),
  MIN_REPLICAS: z.coerce.number().int().min(0).max(1_000).default(1).describe('Fewest workers.'),
  MAX_REPLICAS: z.coerce.number().int().min(1).max(1_000).default(10).describe('Most workers.'),
  SCALE_DOWN_STABILIZATION_SECONDS: z.coerce
    .number()
    .min(0)
    .max(3_600)
    .default(60)
    .describe('Workers are taken away only when fewer were wanted all this time.'),
  SCALE_DOWN_MAX_PODS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(4)
    .describe('Most workers taken away at once.'),
  SCALE_DOWN_PERIOD_SECONDS: z.coerce
    .number()
    .min(0)
    .max(3_600)
    .default(15)
    .describe('Between two times of taking workers away.'),
});
