/** Half a second of latency and five resets in a hundred messages, on every link at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Round } from '../rounds/round.ts';
import type { Scenario } from './scenario.ts';
import { throughputReturns } from './throughput.ts';

const durationMs = 10_000;

async function slowAndLossy({ system }: Round): Promise<void> {
  for (const link of system.links) link.suffer({ latencyMs: 500, resetChance: 0.05 });
  await sleep(durationMs);
  for (const link of system.links) link.heal();
}

export const slowAndLossyLinks: Scenario = {
  fault: '16',
  title: '500 ms latency and 5 % resets on every link',
  *rounds(sweep) {
    for (let time = 1; time <= (sweep === 'full' ? 2 : 1); time += 1) {
      yield { name: `10 s, ${time}`, act: (round) => throughputReturns(round, () => slowAndLossy(round)) };
    }
  },
};
