/** The token in an Authorization header, as far as it can be judged without asking anybody. */
import { UnauthenticatedError } from '../errors.ts';

/** Tokens of ServiceAccounts and of Supabase have one or two thousand characters. */
const maxCharacters = 8_192;
/** Every token that any mode takes is a signed JWT. */
const jwt = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** @throws UnauthenticatedError when there is none, or when it can be no token */
export function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined) throw new UnauthenticatedError('missing');
  const [scheme = '', token = '', ...more] = authorization.trim().split(/ +/);
  const fits = scheme.toLowerCase() === 'bearer' && more.length === 0 && token.length <= maxCharacters;
  if (!fits || !jwt.test(token)) throw new UnauthenticatedError('refused');
  return token;
}
