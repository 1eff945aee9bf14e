/** Mode supabase: people call with the JWT of their session, which is checked here by the project's keys. */
import type { Logger } from '@story-tasks/runtime';
import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { z } from 'zod';
import { AuthKeysMissingError, AuthUnavailableError, UnauthenticatedError } from '../errors.ts';
import type { IdentifyToken, Principal } from './principal.ts';

/** Those whose public half may be told to everybody. A secret one among them would let everybody sign. */
const publicAlgorithms = ['ES256', 'ES384', 'ES512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'EdDSA'];

/** Clocks of two machines differ by so much, in seconds. */
const clockTolerance = 5;

interface Settings {
  /** Of HS256; undefined: no such token is taken. */
  readonly secret: string | undefined;
  /** Where the public keys are; undefined: no token that is signed by one is taken. */
  readonly jwksUrl: string | undefined;
  readonly logger: Logger;
}

export interface UserAuthentication {
  readonly identify: IdentifyToken;
  /** Looks for keys once. @throws AuthKeysMissingError when there is none that any token could be checked by */
  readonly requireKeys: () => Promise<void>;
}

type Verify = (token: string) => Promise<JWTPayload>;

export function identifyUsers({ secret, jwksUrl, logger }: Settings): UserAuthentication {
  const keySet = jwksUrl === undefined ? undefined : createRemoteJWKSet(new URL(jwksUrl));
  const bySecret = secret === undefined ? undefined : verifyBySecret(new TextEncoder().encode(secret));
  const byKeySet = keySet === undefined ? undefined : verifyByKeySet(keySet);
  return {
    async identify(token) {
      // The token names its algorithm, and thereby only chooses among keys that are each good for their own alone.
      const verify = algorithmOf(token) === 'HS256' ? bySecret : byKeySet;
      if (verify === undefined) throw new UnauthenticatedError('refused');
      return principalOf(await verify(token));
    },
    async requireKeys() {
      if (secret === undefined && keySet !== undefined) await requirePublicKey(keySet, logger);
    },
  };
}

function verifyBySecret(secret: Uint8Array): Verify {
  return async (token) => {
    const options = { algorithms: ['HS256'], requiredClaims: ['exp'], clockTolerance };
    return (await jwtVerify(token, secret, options).catch(refuse)).payload;
  };
}

function verifyByKeySet(keySet: JWTVerifyGetKey): Verify {
  const keyOf: JWTVerifyGetKey = async (header, token) => {
    try {
      return await keySet(header, token);
    } catch (error) {
      return tellOfKeySet(error);
    }
  };
  return async (token) => {
    const options = { algorithms: publicAlgorithms, requiredClaims: ['exp'], clockTolerance };
    return (await jwtVerify(token, keyOf, options).catch(refuse)).payload;
  };
}

function tellOfKeySet(error: unknown): never {
  const foreign = error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
  throw foreign ? new UnauthenticatedError('refused') : new AuthUnavailableError();
}

/** Why a token is refused helps only who made it up. */
function refuse(error: unknown): never {
  throw error instanceof AuthUnavailableError ? error : new UnauthenticatedError('refused');
}

function algorithmOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg;
  } catch {
    return undefined;
  }
}

const claims = z.discriminatedUnion('role', [
  z.object({
    role: z.literal('authenticated'),
    aud: z.union([z.literal('authenticated'), z.array(z.string()).refine((all) => all.includes('authenticated'))]),
    sub: z.guid(),
  }),
  // The project's own key for servers: it has no audience, and may do to the tables what it likes anyway.
  z.object({ role: z.literal('service_role') }),
]);

function principalOf(payload: JWTPayload): Principal {
  const parsed = claims.safeParse(payload);
  if (!parsed.success) throw new UnauthenticatedError('refused');
  if (parsed.data.role === 'service_role') return { requester: 'anonymous', userId: null };
  const userId = parsed.data.sub.toLowerCase();
  return { requester: `user:${userId}`, userId };
}

/** A server of keys that is away may come back; one that has none for this will refuse everybody for ever. */
async function requirePublicKey(keySet: ReturnType<typeof createRemoteJWKSet>, logger: Logger): Promise<void> {
  try {
    await keySet.reload();
  } catch (error) {
    logger.warn({ error }, 'the keys of users cannot be read; until they can, each call is answered with 503');
    return;
  }
  const usable = keySet.jwks()?.keys.some(({ kty }) => kty !== undefined && ['EC', 'RSA', 'OKP'].includes(kty));
  if (usable !== true) throw new AuthKeysMissingError();
}
