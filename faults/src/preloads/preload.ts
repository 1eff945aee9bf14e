/** How a part is started with one of the preloads. */
import { fileURLToPath } from 'node:url';
import type { Launch } from '../system/supervised.ts';

const args = (file: string) => ['--import', fileURLToPath(new URL(file, import.meta.url))];

export const blocking = (milliseconds: number): Launch => ({
  nodeArgs: args('./blockOnSignal.ts'),
  env: { FAULT_BLOCK_MS: String(milliseconds) },
});

export const withClockShifted = (milliseconds: number): Launch => ({
  nodeArgs: args('./shiftClock.ts'),
  env: { FAULT_CLOCK_SHIFT_MS: String(milliseconds) },
});
