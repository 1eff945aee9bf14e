/** Postgres is restarted, and its sessions ended, under load. */
import { setTimeout as sleep } from 'node:timers/promises';
import { endSessions } from '../rounds/inflict.ts';
import type { Round } from '../rounds/round.ts';
import type { Scenario } from './scenario.ts';
import { throughputReturns } from './throughput.ts';

async function sessionsEnded({ system }: Round): Promise<void> {
  for (let time = 0; time < 5; time += 1) {
    await endSessions(system);
    await sleep(300);
  }
}

export const postgresRestarted: Scenario = {
  fault: '13',
  title: 'Postgres restarted, backends killed',
  *rounds() {
    yield {
      name: 'restarted',
      act: (round) => throughputReturns(round, () => round.system.platform.postgres.restart()),
    };
    yield { name: 'backends killed', act: (round) => throughputReturns(round, () => sessionsEnded(round)) };
  },
};
