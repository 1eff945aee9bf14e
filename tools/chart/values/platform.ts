/** Values of what the processes stand on: Redis, Supabase, the language model, and who may call. */
import { z } from 'zod';
import * as kind from './kinds.ts';

const persistence = (size: string) =>
  kind.section('Where its data is kept.', {
    enabled: kind.flag(true, 'false: in an emptyDir, and gone with the pod.'),
    size: kind.size(size, 'Of the PersistentVolumeClaim, or at most of the emptyDir.'),
    storageClassName: kind.optionalText('StorageClass. Empty: the cluster’s default.', kind.objectName),
    existingClaim: kind.optionalText('A PersistentVolumeClaim to use in place of the chart’s.', kind.objectName),
  });

export const redis = kind.section('Redis 6.2 or later, with maxmemory-policy noeviction.', {
  embedded: kind.section('One Redis in this release. For development: nobody backs it up, and it is alone.', {
    enabled: kind.flag(true, 'Whether there is one.'),
    image: kind.section('Its image.', {
      ...kind.image('redis', '7-bookworm', { repository: 'Name of the image.', tag: 'Tag of the image.' }),
      pullPolicy: kind.pullPolicy,
    }),
    maxMemory: kind.text('256mb', 'When it refuses what is new, in the words of Redis.', /^[0-9]+(mb|gb)$/),
    persistence: persistence('1Gi'),
    resources: kind.resources({ cpu: '50m', memory: '64Mi' }, { memory: '512Mi' }),
    ...kind.scheduling,
  }),
  external: kind.section('A Redis of your own. Set `redis.embedded.enabled` to false besides.', {
    url: kind.optionalText('URL without a password, as in rediss://redis:6379.', /^(rediss?:\/\/[^@\s]+)?$/),
    existingSecret: kind.existingSecret('A Secret with the whole URL, password included; in place of `url`.'),
    urlKey: kind.secretKey('url', 'Key of the URL in it.'),
  }),
});

export const supabase = kind.section('The system of record.', {
  embedded: kind.section('Supabase Lite on PGlite in this release. For development: one pod, one file.', {
    enabled: kind.flag(true, 'Whether there is one.'),
    image: kind.section('Its image.', {
      ...kind.image('', '', {
        repository: 'Name of the image. Empty: that of `image`.',
        tag: 'Tag of the image. Empty: that of `image` and -embedded.',
      }),
    }),
    persistence: persistence('2Gi'),
    resources: kind.resources({ cpu: '100m', memory: '768Mi' }, { memory: '2Gi' }),
    ...kind.scheduling,
  }),
  external: kind.section('A Supabase project. Set `supabase.embedded.enabled` to false besides.', {
    url: kind.optionalText('URL of the project.', kind.httpUrl),
    existingSecret: kind.existingSecret('A Secret with the secret key (sb_secret_…, or the service role’s JWT).'),
    secretKeyKey: kind.secretKey('secret-key', 'Key of the secret key in it.'),
  }),
  migrations: kind.section('Who brings the schema of an external project up to date.', {
    mode: kind.choice(
      ['job', 'none'],
      'job',
      'job: a Job before each install and upgrade. none: you, as by `supabase db push`; pods are not ready before.',
    ),
    existingSecret: kind.existingSecret('Mode job: a Secret with a URL of the database, as its owner.'),
    databaseUrlKey: kind.secretKey('database-url', 'Key of the URL in it.'),
    activeDeadlineSeconds: kind.count(10, 600, 86_400, 'How long the Job may take.'),
    resources: kind.resources({ cpu: '50m', memory: '128Mi' }, { memory: '512Mi' }),
    extraVolumes: kind.objects(
      'Further volumes of the Job’s pod, as for the certificate that the URL names as sslrootcert. They must be there before.',
    ),
    extraVolumeMounts: kind.objects('Further mounts of its container.'),
  }),
});

export const auth = kind.section('Who may call the API.', {
  mode: kind.choice(
    ['serviceAccount', 'supabase', 'none'],
    'serviceAccount',
    'serviceAccount: pods of the cluster, by their tokens for the audience story-tasks. supabase: users of the project, by their JWTs. none: anybody that reaches the port.',
  ),
  allowUnauthenticated: kind.flag(false, 'Mode none without a NetworkPolicy: yes, anybody in the cluster may call.'),
  serviceAccount: kind.section('Mode serviceAccount.', {
    allowed: kind.strings(
      'Who may call, as namespace/name, or namespace/* for all of a namespace. Empty: all of the release’s namespace.',
      z.string().regex(/^[a-z0-9-]+\/([a-z0-9.-]+|\*)$/),
    ),
  }),
  supabase: kind.section('Mode supabase. Neither set: the keys that the project publishes (JWKS).', {
    jwksUrl: kind.optionalText('Where the keys are, when that is not at the project’s usual place.', kind.httpUrl),
    existingSecret: kind.existingSecret('A Secret with the secret that signs JWTs by HS256.'),
    jwtSecretKey: kind.secretKey('jwt-secret', 'Key of the secret in it.'),
  }),
});

export const llm = kind.section('The language model.', {
  provider: kind.choice(
    ['offline', 'gemini', 'openai-compatible'],
    'offline',
    'offline: no model, small stories that say so, for development. openai-compatible: vLLM, Ollama, any such gateway.',
  ),
  model: kind.optionalText('Name of the model. Required for openai-compatible.'),
  baseUrl: kind.optionalText(
    'Root of the API, as in http://vllm:8000/v1. Required for openai-compatible.',
    kind.httpUrl,
  ),
  existingSecret: kind.existingSecret('A Secret with the API key. Required for gemini.'),
  apiKeyKey: kind.secretKey('api-key', 'Key of the API key in it.'),
  timeoutSeconds: kind.count(1, 120, 3_600, 'For one call to the model.'),
  stream: kind.flag(true, 'Replies are streamed, so that progress shows while a document is written.'),
  offlineLatencyMs: kind.count(0, 0, 3_600_000, 'Milliseconds the offline provider takes for each call.'),
});
