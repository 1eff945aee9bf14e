/** What a worker's liveness is judged by, gathered. */
import type { Redis } from 'ioredis';
import { decideLiveness, type Liveness } from './decideLiveness.ts';
import { watchEventLoop } from './eventLoopWatch.ts';
import type { LoopObservation } from './observedWorker.ts';

const limits = { silentMs: 40_000, toldMs: 15_000 };
/** Of the lease: after that without a confirmed write a run stops itself. */
const stallShare = 2 / 3;

/**
 * @param redis the connection that all pools share
 * @param observe the loops as they are at this moment
 */
export function watchLiveness(
  redis: Redis,
  observe: () => readonly LoopObservation[],
  leaseMs: number,
): () => Liveness {
  const eventLoop = watchEventLoop(leaseMs * stallShare);
  let redisSince: number | null = null;
  redis.on('ready', () => {
    redisSince = performance.now();
  });
  redis.on('close', () => {
    redisSince = null;
  });
  return () => {
    const now = performance.now();
    return decideLiveness({ now, redisSince, loops: observe(), stall: eventLoop.stall(now) }, limits);
  };
}
