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
  BUNDLE_STORE: z.string().describe('Where player bundles are kept: dir:<path> or supabase:<bucket>.'),
});

export const workerEnvironment = z.object({
  WORKER_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe('Runs of one operation at once in this process.'),
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
});
