/** Whether a Redis may hold the lanes: asked once, as soon as it can be reached. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '@story-tasks/contracts';
import { type Redis, ReplyError } from 'ioredis';
import type { Logger } from './logger.ts';

export class RedisUnfitError extends CodedError {
  constructor(problem: string) {
    super('REDIS_UNFIT', 'caller', problem);
  }
}

const oldest = [6, 2] as const;
const retryMs = 100;

/** `problem`: a sentence that says what is wrong and what to set. `unread`: what could not be found out. */
export interface RedisFitness {
  readonly problem: string | null;
  readonly unread: readonly string[];
}

/** @param info what INFO answered. Valkey and KeyDB tell in `redis_version` which Redis they are as good as. */
export function judgeRedis(info: string): RedisFitness {
  const version = /^redis_version:(\d+)\.(\d+)(\S*)/m.exec(info);
  const policy = /^maxmemory_policy:([\w-]+)/m.exec(info)?.[1];
  return {
    problem: versionProblem(version) ?? policyProblem(policy),
    unread: [...(version === null ? ['version'] : []), ...(policy === undefined ? ['maxmemory-policy'] : [])],
  };
}

function versionProblem(version: RegExpExecArray | null): string | null {
  if (version === null) return null;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return null;
  return `Redis ${major}.${minor}${version[3]} is too old: point REDIS_URL at Redis ${oldest.join('.')} or later.`;
}

function policyProblem(policy: string | undefined): string | null {
  if (policy === undefined || policy === 'noeviction') return null;
  return (
    `Redis has maxmemory-policy ${policy} and would drop jobs when its memory is full: ` +
    'set "maxmemory-policy noeviction" in redis.conf or your provider’s settings ' +
    '(at once: CONFIG SET maxmemory-policy noeviction).'
  );
}

/**
 * Waits for Redis as long as it takes, then looks at it once. One that does not let itself be looked at is taken as it is.
 * @returns whether INFO may be asked
 * @throws RedisUnfitError
 */
export async function requireFitRedis(redis: Redis, logger: Logger): Promise<boolean> {
  const info = await readInfo(redis);
  const { problem, unread } = judgeRedis(info ?? '');
  if (problem !== null) throw new RedisUnfitError(problem);
  if (unread.length > 0) {
    logger.warn(
      { unread },
      'Redis does not tell all of itself; it must be 6.2 or later, with maxmemory-policy noeviction',
    );
  }
  return info !== null;
}

/** @returns null when Redis refuses to tell, as by its access rules or at a provider that forbids INFO */
async function readInfo(redis: Redis): Promise<string | null> {
  for (;;) {
    // Not `events.once`, which would take each failed attempt to connect for an answer.
    if (redis.status !== 'ready') await new Promise<void>((resolve) => redis.once('ready', resolve));
    try {
      // All of it: before Redis 7 one call names one section at most.
      return await redis.info();
    } catch (error) {
      if (error instanceof ReplyError) return null;
    }
    await sleep(retryMs, undefined, { ref: false });
  }
}
