/** Secrets of this run's own, planted wherever one could be: none may ever be printed. */
import { randomBytes } from 'node:crypto';

export interface Canaries {
  readonly modelKey: string;
  readonly redisPassword: string;
  /** Stands in every premise. */
  readonly premise: string;
}

export function newCanaries(): Canaries {
  const secret = (what: string) => `canary-${what}-${randomBytes(8).toString('hex')}`;
  return { modelKey: secret('key'), redisPassword: secret('redis'), premise: secret('premise') };
}
