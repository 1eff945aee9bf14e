/** What a person may set for `make dev` and `make demo`. */
import { resolve } from 'node:path';
import { readEnvironment } from '@story-tasks/runtime';
import { z } from 'zod';

export const devEnvironment = z.object({
  API_PORT: z.coerce
    .number('must be a whole number from 1 to 65535')
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe('Port of the API. Default: 8080, or a free one when that is taken.'),
  STATE_DIR: z
    .string()
    .default('.local')
    .describe('Where the services keep their data and logs. One start at a time may use a folder.'),
  PROMPT: z
    .string()
    .optional()
    .describe('For `make demo`: the file with the premise. Default: the first of examples/.'),
  OFFLINE_LATENCY_MS: z.coerce
    .number('must be a whole number of milliseconds')
    .int()
    .min(0)
    .optional()
    .describe('How long each call of the offline storyteller takes. Default in the demo: 120.'),
});

export interface DevSettings {
  readonly apiPort: number | undefined;
  readonly stateDir: string;
  readonly promptFile: string | undefined;
  readonly offlineLatencyMs: number | undefined;
}

/** @throws EnvironmentError */
export function devSettings(): DevSettings {
  const env = readEnvironment(devEnvironment);
  return {
    apiPort: env.API_PORT,
    stateDir: resolve(env.STATE_DIR),
    promptFile: env.PROMPT,
    offlineLatencyMs: env.OFFLINE_LATENCY_MS,
  };
}
