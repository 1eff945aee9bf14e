/** The store's gateway answers 503, 504 and 57014, or not at all: repeats are few and far between, and no storm. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallFault } from '../links/storeLink.ts';
import type { Round } from '../rounds/round.ts';
import type { Scenario } from './scenario.ts';
import { ended, scriptTask, untilInCall } from './stories.ts';

const outageMs = 4_000;
/** Calls a second of one process at most: three tries each, of one batch, one step and one claim for each lane. */
const calmRate = 25;

async function outage(round: Round, fault: CallFault): Promise<void> {
  const { system } = round;
  system.platform.model.latencyMs = 200;
  const { story, taskId } = await scriptTask(round);
  await untilInCall(round, story, 2);
  const asked = new Map<string, number>();
  for (const { links } of system.parts) {
    links.store.chooseFault = () => {
      asked.set(links.store.name, (asked.get(links.store.name) ?? 0) + 1);
      return fault;
    };
  }
  const before = performance.now();
  const refused = await round.client.create({ operation: 'REGENERATE_CONSTITUTION', storyId: story.id });
  const refusedMs = Math.round(performance.now() - before);
  round.expect(refused.status === 503, `in the outage a create was answered ${refused.status}`);
  round.expect(refusedMs <= 6_000, `and that after ${refusedMs} ms`);
  await sleep(Math.max(0, outageMs - refusedMs));
  const seconds = (performance.now() - before) / 1_000;
  for (const [link, calls] of asked) {
    round.expect(calls / seconds <= calmRate, `${link}: ${Math.round(calls / seconds)} calls a second`);
  }
  const endedAt = Date.now();
  for (const { links } of system.parts) links.store.heal();
  const row = await ended(round, taskId);
  round.expect(row.status === 'succeeded', `it ended ${row.status} ${row.error_code}`);
  round.tookOver(Date.now() - endedAt);
}

export const gatewayRefuses: Scenario = {
  fault: '14',
  title: 'gateway answers 503, 504, 57014, times out',
  *rounds() {
    for (const fault of ['503', '504', '57014', 'hang'] as const) {
      yield { name: fault, act: (round) => outage(round, fault) };
    }
  },
};
