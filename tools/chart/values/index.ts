/**
 * The values of the chart: what there is, what it may be, what it is when left out, and what it means. values.yaml,
 * values.schema.json and the table in the chart's README are written from here.
 */
import { operationNames, settingsDocumentSchema } from '@story-tasks/contracts';
import { z } from 'zod';
import * as kind from './kinds.ts';
import { auth, llm, redis, supabase } from './platform.ts';
import { api, operator, worker } from './processes.ts';
import { monitoring, networkPolicy } from './surroundings.ts';

const defaultOperations = Object.fromEntries(operationNames.map((name) => [name, { concurrency: 1 }]));

export const valuesSchema = z.strictObject({
  fullnameOverride: kind.optionalText(
    'What all names begin with. Empty: the release’s name.',
    /^([a-z]([-a-z0-9]*[a-z0-9])?)?$/,
  ),
  image: z
    .strictObject({
      ...kind.image('story-tasks', '', {
        repository: 'Name of the image.',
        tag: 'Tag of the image. Empty: the chart’s appVersion.',
      }),
      pullPolicy: kind.pullPolicy,
    })
    .optional()
    .describe('The image of API, worker, operator and migrations.'),
  imagePullSecrets: z
    .array(z.strictObject({ name: z.string().min(1) }))
    .default([])
    .describe('Secrets to pull images with, as {name}.'),
  logLevel: kind.choice(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'info',
    'The least severe log line.',
  ),
  tracing: kind.section('Traces.', {
    otlpEndpoint: kind.optionalText('Base URL of an OpenTelemetry collector (OTLP over HTTP).', kind.httpUrl),
  }),
  bundleStore: kind.text(
    'supabase:story-bundles',
    'Where player bundles are kept: supabase:<bucket>, or dir:<path> on a volume that API and workers share.',
    /^(supabase:[a-z0-9][a-z0-9._-]*|dir:\/.+)$/,
  ),
  operations: settingsDocumentSchema
    .default(defaultOperations)
    .describe(
      'The settings of operations, as the ConfigMap has them: an edit of it applies within two seconds. `helm upgrade` writes these anew, so keep them in agreement.',
    ),
  auth,
  llm,
  api,
  worker,
  operator,
  redis,
  supabase,
  networkPolicy,
  monitoring,
  global: z
    .record(z.string(), z.unknown())
    .meta({ $comment: 'Passed on by helm.' })
    .optional()
    .describe('Of a chart that has this one as a part; nothing of it is used.'),
});
