/** What a person may set for `make faults`. */
import { readEnvironment } from '@story-tasks/runtime';
import { z } from 'zod';
import type { Sweep } from './scenarios/scenario.ts';

export const faultsEnvironment = z.object({
  SEED: z.coerce
    .number()
    .int()
    .min(0)
    .max(2 ** 31)
    .optional()
    .describe('Of the first random round; each later one has the next number. Default: by the time of day.'),
  ROUNDS: z.coerce.number().int().min(0).max(100_000).default(200).describe('How many random rounds are played.'),
  FAULT: z
    .string()
    .regex(/^(none|\d+b?(,\d+b?)*)$/, 'must be numbers of faults, as in 1,7, or none')
    .optional()
    .describe('Only these faults, by their numbers, as in 1,7; none: the random rounds alone. Default: all.'),
  SWEEP: z.coerce.number().int().min(1).optional().describe('Points that are played of a sweep. Default: every one.'),
  SETTLE_SECONDS: z.coerce
    .number()
    .positive()
    .default(45)
    .describe('How long everything may take to end once the faults are over.'),
  KEEP_STATE: z.stringbool().default(true).describe('true: logs and state of a run with a violation stay.'),
  STOP_AT_FIRST: z.stringbool().default(false).describe('true: ends with the first violation.'),
});

export interface FaultsSettings {
  readonly seed: number;
  readonly rounds: number;
  /** Undefined: all. */
  readonly faults: readonly string[] | undefined;
  readonly sweep: Sweep;
  readonly settleMs: number;
  readonly keepState: boolean;
  readonly stopAtFirst: boolean;
}

/** @throws EnvironmentError */
export function faultsSettings(): FaultsSettings {
  const env = readEnvironment(faultsEnvironment);
  return {
    seed: env.SEED ?? Math.floor(Date.now() / 1_000) % 1_000_000_000,
    rounds: env.ROUNDS,
    faults: env.FAULT === 'none' ? [] : env.FAULT?.split(','),
    sweep: env.SWEEP ?? 'full',
    settleMs: env.SETTLE_SECONDS * 1_000,
    keepState: env.KEEP_STATE,
    stopAtFirst: env.STOP_AT_FIRST,
  };
}
