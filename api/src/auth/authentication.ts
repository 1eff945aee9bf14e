/** How callers are told apart, by AUTH_MODE. A mode's libraries are loaded only where it is chosen. */
import { systemWorld } from '@story-tasks/contracts';
import type { Logger } from '@story-tasks/runtime';
import { bearerToken } from './bearerToken.ts';
import type { IdentifyToken, Principal } from './principal.ts';
import type { AuthSettings } from './settings.ts';

export interface Authentication {
  /**
   * @param authorization the header
   * @throws UnauthenticatedError, ForbiddenError, AuthUnavailableError
   */
  readonly authenticate: (authorization: string | undefined) => Promise<Principal>;
  /** Rejects when it turns out that nobody can ever be let in. */
  readonly usable: Promise<void>;
}

/** Everybody that reaches the port: whoever sets this mode keeps others away from it. */
export const everybody: Authentication = {
  authenticate: async () => ({ requester: 'anonymous', userId: null }),
  usable: Promise.resolve(),
};

export async function createAuthentication(
  settings: AuthSettings & { readonly SUPABASE_URL: string },
  logger: Logger,
): Promise<Authentication> {
  if (settings.AUTH_MODE === 'none') return everybody;
  if (settings.AUTH_MODE === 'supabase') return userAuthentication(settings, logger);
  return byToken(await serviceAccountIdentification(settings, logger));
}

/** Everybody shows a token. */
export function byToken(identify: IdentifyToken, usable = Promise.resolve()): Authentication {
  // It may reject before the process has come to look at it.
  usable.catch(() => undefined);
  return { authenticate: async (authorization) => identify(bearerToken(authorization)), usable };
}

async function serviceAccountIdentification(settings: AuthSettings, logger: Logger): Promise<IdentifyToken> {
  const { connectKubernetes } = await import('@story-tasks/runtime/kubernetes');
  const { identifyServiceAccounts } = await import('./serviceAccounts.ts');
  return identifyServiceAccounts({
    authentication: connectKubernetes().authentication,
    allowed: settings.AUTH_ALLOWED_SERVICE_ACCOUNTS,
    clock: systemWorld.clock,
    logger,
  });
}

/** Both kinds of keys may be set while a project changes from one to the other. */
async function userAuthentication(
  { AUTH_JWT_SECRET: secret, AUTH_JWKS_URL, SUPABASE_URL }: AuthSettings & { readonly SUPABASE_URL: string },
  logger: Logger,
): Promise<Authentication> {
  const { identifyUsers } = await import('./users.ts');
  const projectKeys = `${SUPABASE_URL.replace(/\/+$/, '')}/auth/v1/.well-known/jwks.json`;
  const jwksUrl = AUTH_JWKS_URL ?? (secret === undefined ? projectKeys : undefined);
  const { identify, requireKeys } = identifyUsers({ secret, jwksUrl, logger });
  return byToken(identify, requireKeys());
}
