/** Whether this process still makes progress, or a new one would do better. */
import type { Stall } from './eventLoopWatch.ts';
import type { LoopObservation } from './observedWorker.ts';

export interface LivenessObservation {
  /** By the monotonic clock, as are all times here. */
  readonly now: number;
  /** Since when the pools' connection to Redis is up; null while it is not. */
  readonly redisSince: number | null;
  /** None while the process stops: its loops end one by one. */
  readonly loops: readonly LoopObservation[];
  readonly stall: Stall | null;
}

export interface LivenessLimits {
  /** How long an idle loop may be silent. More than any wait of BullMQ's, and than a dead connection is used for. */
  readonly silentMs: number;
  /** How long a stall is told after it ended. */
  readonly toldMs: number;
}

export interface Liveness {
  readonly ok: boolean;
  /** Lanes that nothing is taken from, though Redis is there. */
  readonly silentLanes?: readonly string[];
  /** How long the event loop stood still just before. */
  readonly stalledMs?: number;
}

/**
 *   Redis     loop                                       stall             alive
 *   any       any                                        just ended        no: what ran here has been taken over
 *   away      any                                        –                 yes: a new process could do no more
 *   up        idle, silent for too long since it is up   –                 no
 *   up        busy, or turning                           –                 yes
 */
export function decideLiveness(observed: LivenessObservation, limits: LivenessLimits): Liveness {
  const { now, redisSince, loops, stall } = observed;
  if (stall !== null && now - stall.endedAt <= limits.toldMs) return { ok: false, stalledMs: stall.milliseconds };
  if (redisSince === null) return { ok: true };
  const silent = loops.filter(({ busy, turnedAt }) => !busy && now - Math.max(turnedAt, redisSince) > limits.silentMs);
  if (silent.length === 0) return { ok: true };
  return { ok: false, silentLanes: [...new Set(silent.map(({ lane }) => lane))] };
}
