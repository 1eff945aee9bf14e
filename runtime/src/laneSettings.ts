/** The settings of the lanes as BullMQ keeps them in Redis for all workers: runs at once, starts per period, paused. */
import { laneName, type Operation, type OperationSettings, operationNames } from '@story-tasks/contracts';
import { QueueKeys } from 'bullmq';
import type { Redis } from 'ioredis';

export type LaneSettings = Readonly<
  Record<Operation, Pick<OperationSettings, 'globalConcurrency' | 'rateLimit' | 'paused'>>
>;

/** `refused`: a later writer has been here. Else how many lanes were not as they should be, and are now. */
export type LaneSettingsWrite =
  | { readonly outcome: 'refused' }
  | { readonly outcome: 'written'; readonly changed: number };

/** Under the lanes' prefix, where the processes may write whatever else they may not. */
const epochKey = 'bull:story-task-jobs.settings';

/**
 * All lanes in one step. BullMQ's own calls write the same fields, but one after the other, with no look at who writes, and
 * wake nobody: a worker that waits for a delayed job would notice only then. A rate limit that ends or gets a shorter period
 * must not leave the count of the longer one behind. Where operators do not contend there is no epoch to compare, and none that
 * would refuse those who begin to.
 */
const script = `
local epoch = tonumber(ARGV[1])
local last = tonumber(redis.call('GET', KEYS[1]) or '-1')
if epoch > 0 and epoch < last then return -1 end
if epoch > last then redis.call('SET', KEYS[1], ARGV[1]) end

local fields = {'concurrency', 'max', 'duration', 'paused'}

local function write(meta, wanted)
  local changed = false
  local present = redis.call('HMGET', meta, unpack(fields))
  for at, field in ipairs(fields) do
    if (present[at] or '') ~= wanted[at] then
      changed = true
      if wanted[at] == '' then redis.call('HDEL', meta, field) else redis.call('HSET', meta, field, wanted[at]) end
    end
  end
  return changed
end

local function shorten(limiter, max, duration)
  if max == '' then
    redis.call('DEL', limiter)
  elseif redis.call('PTTL', limiter) > tonumber(duration) then
    redis.call('PEXPIRE', limiter, duration)
  end
end

local function wake(prefix)
  if redis.call('LLEN', prefix .. 'wait') + redis.call('ZCARD', prefix .. 'prioritized') > 0 then
    redis.call('ZADD', prefix .. 'marker', 0, '0')
    return
  end
  local first = redis.call('ZRANGE', prefix .. 'delayed', 0, 0, 'WITHSCORES')
  if first[2] then redis.call('ZADD', prefix .. 'marker', tonumber(first[2]) / 4096, '1') end
end

local changes = 0
for lane = 2, #KEYS do
  local prefix = KEYS[lane]
  local at = (lane - 2) * #fields + 2
  local wanted = {ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]}
  if write(prefix .. 'meta', wanted) then
    changes = changes + 1
    shorten(prefix .. 'limiter', wanted[2], wanted[3])
    if wanted[4] == '' then wake(prefix) else redis.call('DEL', prefix .. 'marker') end
  end
end
return changes`;

/**
 * Brings the lanes to what the settings say.
 * @param redis of the use `prompt`
 * @param epoch of the writer; a later one's is greater. After a loss of all keys, the first one to write is the latest. 0: it is
 * the only one, and is never refused
 * @throws what Redis or the connection throws
 */
export async function writeLaneSettings(
  redis: Redis,
  epoch: number,
  settings: LaneSettings,
): Promise<LaneSettingsWrite> {
  const keys = new QueueKeys();
  const prefixes = operationNames.map((operation) => keys.toKey(laneName(operation), ''));
  const wanted = operationNames.flatMap((operation) => fieldsOf(settings[operation]));
  const changed = Number(await redis.eval(script, 1 + prefixes.length, epochKey, ...prefixes, epoch, ...wanted));
  return changed < 0 ? { outcome: 'refused' } : { outcome: 'written', changed };
}

/** In the order of the script's fields; an empty one is not there. */
function fieldsOf({ globalConcurrency, rateLimit, paused }: LaneSettings[Operation]): (string | number)[] {
  const period = rateLimit === null ? ['', ''] : [rateLimit.max, rateLimit.perSeconds * 1_000];
  return [globalConcurrency ?? '', ...period, paused ? 1 : ''];
}
