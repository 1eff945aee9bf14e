/** SIGTERM with five seconds: the run goes on to its next step, or is broken off; either way it costs no attempt. */
import type { Round } from '../rounds/round.ts';
import type { Scenario } from './scenario.ts';
import { claimedAt, ended, scriptTask, untilInCall, workerOf } from './stories.ts';

const graceMs = 5_000;

/** @param callMs how long each call to the model takes: within the drain, or far beyond it */
async function stoppedInCall(round: Round, callMs: number): Promise<void> {
  round.system.platform.model.latencyMs = callMs;
  const { story, taskId } = await scriptTask(round);
  await untilInCall(round, story, 2);
  const worker = await workerOf(round, taskId);
  const stoppedAt = Date.now();
  const tookMs = await worker.stop();
  round.expect(tookMs <= graceMs, `it took ${Math.round(tookMs)} ms to end`);
  round.system.platform.model.latencyMs = 20;
  const resumedAt = await claimedAt(round, taskId, 2);
  round.tookOver(resumedAt - stoppedAt);
  const row = await ended(round, taskId);
  const told = `it ended ${row.status} at attempt ${row.attempt}, ${row.attempts_spent} spent`;
  round.expect(row.status === 'succeeded' && row.attempt === 2 && row.attempts_spent === 0, told);
  const released = (await round.events(taskId)).some(({ message }) => message.startsWith('Released'));
  round.expect(released, 'no event tells of its release');
}

export const stoppedInWork: Scenario = {
  fault: '4',
  title: 'SIGTERM with less grace than the work needs (5 s)',
  *rounds(sweep) {
    for (let time = 1; time <= (sweep === 'full' ? 3 : 1); time += 1) {
      yield { name: `to the next step, ${time}`, act: (round) => stoppedInCall(round, 600) };
      yield { name: `no step in time, ${time}`, act: (round) => stoppedInCall(round, 2_900) };
    }
  },
};
