/** The environment variables that the commands read. The descriptions are what `--help` shows. */

import type { Host } from '@story-tasks/contracts/terminal';
import { connectStore, type Store } from '@story-tasks/supabase';
import { z } from 'zod';
import { llmEnvSchema } from '../llm/settings.ts';
import { SettingsError } from './errors.ts';

/** Of every command. */
const storeSettings = z.object({
  SUPABASE_URL: z
    .url({ protocol: /^https?$/, error: 'the http(s) URL of the Supabase project is needed' })
    .describe('URL of the Supabase project, the system of record. Required.'),
  SUPABASE_SECRET_KEY: z
    .string('the secret key of the Supabase project is needed')
    .describe('sb_secret_… or the service role’s JWT. Required.'),
});

/** Of the commands that run a task. */
export const runSettings = storeSettings.extend(llmEnvSchema.shape).extend({
  BUNDLE_STORE: z
    .string()
    .default('dir:.local/bundles')
    .describe('Where player bundles go: dir:<path> or supabase:<bucket>. Default: dir:.local/bundles.'),
});

/**
 * Reads settings; a blank variable counts as unset.
 * @throws SettingsError naming every variable that does not fit, and no value
 */
export function readSettings<S extends z.ZodObject>(schema: S, env: Host['env']): z.output<S> {
  const trimmed = Object.entries(env).map(([name, value]) => [name, value?.trim()] as const);
  const parsed = schema.safeParse(Object.fromEntries(trimmed.filter(([, value]) => value)), { reportInput: false });
  if (parsed.success) return parsed.data;
  throw new SettingsError(parsed.error.issues.map((issue) => `${issue.path.join('.')} (${issue.message})`));
}

/** @throws SettingsError */
export function openStore(env: Host['env']): Store {
  const { SUPABASE_URL: url, SUPABASE_SECRET_KEY: secretKey } = readSettings(storeSettings, env);
  return connectStore({ url, secretKey });
}
