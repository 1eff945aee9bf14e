/** Which settings of authentication fit together. */
import type { authEnvironment } from '@story-tasks/runtime';
import type { z } from 'zod';

export type AuthSettings = z.output<typeof authEnvironment>;

const account = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?\/(\*|[a-z0-9]([-.a-z0-9]*[a-z0-9])?)$/;

/** HS256 is no stronger than its secret; a Supabase project's is longer than this. */
const minSecretCharacters = 32;

/** Of a schema that takes them: says what to set. */
export function checkAuthSettings(settings: AuthSettings, context: z.RefinementCtx): void {
  const refuse = (variable: keyof AuthSettings, message: string) =>
    context.addIssue({ code: 'custom', path: [variable], message });
  const { AUTH_MODE: mode, AUTH_ALLOWED_SERVICE_ACCOUNTS: allowed, AUTH_JWT_SECRET: secret } = settings;
  if (mode === 'serviceAccount' && allowed.length === 0)
    refuse(
      'AUTH_ALLOWED_SERVICE_ACCOUNTS',
      'nobody could call: name the ServiceAccounts that may, as namespace/name or namespace/*, separated by commas',
    );
  if (!allowed.every((item) => account.test(item)))
    refuse('AUTH_ALLOWED_SERVICE_ACCOUNTS', 'each must be namespace/name, or namespace/* for all of a namespace');
  if (mode === 'supabase' && secret !== undefined && secret.length < minSecretCharacters)
    refuse(
      'AUTH_JWT_SECRET',
      `must be the JWT secret of the Supabase project, of ${minSecretCharacters} characters or more`,
    );
}
