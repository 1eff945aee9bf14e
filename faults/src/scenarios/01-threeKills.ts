/** A story of one task whose worker is killed three times in mid-script: every call to the model is counted. */
import type { Round } from '../rounds/round.ts';
import { leaseMs, tickMs } from '../system/system.ts';
import type { Scenario } from './scenario.ts';
import { callsOf, ended, expectTakeover, scriptTask, untilInCall, workerOf } from './stories.ts';

/** Calls that are under way when the worker is killed, counted over all runs: each kill repeats one. */
const killedInCall = [3, 7, 11];
const scenelets = 12;
const marginMs = 1_500;

async function killThrice(round: Round): Promise<void> {
  round.system.platform.model.latencyMs = 120;
  const { story, taskId } = await scriptTask(round, scenelets);
  for (const [kills, call] of killedInCall.entries()) {
    await untilInCall(round, story, call);
    const worker = await workerOf(round, taskId);
    await worker.kill();
    const lostAt = Date.now();
    await worker.start();
    await expectTakeover(round, taskId, kills + 2, lostAt, leaseMs + tickMs + marginMs);
  }
  const row = await ended(round, taskId, 30_000);
  const calls = callsOf(round, story);
  const pieces = new Set(calls.map(({ step, piece }) => `${step} ${piece}`));
  round.expect(row.status === 'succeeded' && row.attempt === 4, `it ended ${row.status} at attempt ${row.attempt}`);
  round.expect(pieces.size === scenelets + 1, `${pieces.size} pieces were made`);
  const repeated = calls.length - pieces.size;
  round.expect(repeated <= killedInCall.length, `${repeated} calls were repeated for ${killedInCall.length} kills`);
  await tell(round, taskId, `${calls.length} calls for ${pieces.size} pieces, ${repeated} repeated in 3 kills`);
}

async function tell(round: Round, taskId: string, summary: string): Promise<void> {
  console.log(`    ${summary}; its events:`);
  for (const { seq, created_at, status, message } of await round.events(taskId)) {
    console.log(`    ${String(seq).padStart(4)}  ${created_at.slice(11, 23)}  ${(status ?? '').padEnd(9)}  ${message}`);
  }
}

export const threeKills: Scenario = {
  fault: '1b',
  title: 'one task, its worker killed three times in mid-script',
  *rounds() {
    yield { name: 'three kills', act: killThrice };
  },
};
