/** Wakes whoever must act soon after something happened in a lane. Only a hint: when it is lost, they look by themselves. */
import { type Clock, laneName, operationNames, pause } from '@story-tasks/contracts';
import { QueueKeys } from 'bullmq';
import type { Redis } from 'ioredis';

/** Of one wait; below the limit of a connection that owes an answer. */
const waitMs = 5_000;
/** Between two hints: what happens meanwhile is one of them. */
const apartMs = 100;
/** After a failure. */
const againMs = 1_000;

/**
 * @param redis of the use `blocking`, used for nothing else; it is disconnected at the end
 * @param happened called at most every tenth of a second, and after what it tells of can be read
 */
export function watchLanes(redis: Redis, clock: Clock, happened: () => void): { stop(): Promise<void> } {
  const keys = operationNames.map((operation) => new QueueKeys().toKey(laneName(operation), 'events'));
  const ended = new AbortController();
  const waitForOne = async (from: string): Promise<boolean> => {
    const ids = keys.map(() => from);
    return (await redis.xread('COUNT', 1, 'BLOCK', waitMs, 'STREAMS', ...keys, ...ids)) !== null;
  };
  const watch = async (): Promise<void> => {
    let from = await momentOf(redis);
    while (!ended.signal.aborted) {
      if (!(await waitForOne(from))) continue;
      // What comes before this moment is there when it is looked at; what comes after it is another hint.
      from = await momentOf(redis);
      happened();
      await pause(clock, apartMs, ended.signal);
    }
  };
  const run = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await watch().catch(() => undefined);
      await pause(clock, againMs, ended.signal).catch(() => undefined);
    }
  };
  const running = run();
  return {
    async stop() {
      ended.abort();
      redis.disconnect();
      await running;
    },
  };
}

/** Redis' clock as the id of a stream's entry: what is added from this millisecond on has a higher one. */
async function momentOf(redis: Redis): Promise<string> {
  const [seconds, microseconds] = await redis.time();
  const millisecond = Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  return `${millisecond - 1}-18446744073709551615`;
}
