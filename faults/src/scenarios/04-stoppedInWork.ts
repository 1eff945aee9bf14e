/** SIGTERM with five seconds: the run goes on to its next step, or is broken off; either way it costs no attempt. */
import type { Round } from '../rounds/round.ts';
import type { Scenario } from './scenario.ts';
import { callsOf, claimedAt, ended, type ScriptTask, scriptTask, untilInCall, workerOf } from './stories.ts';

const graceMs = 5_000;

/** Its progress begins anew with each run, and must not be told so. */
async function shotListTask(round: Round): Promise<ScriptTask> {
  const { story, taskId: script } = await scriptTask(round);
  await ended(round, script);
  round.system.platform.model.latencyMs = 300;
  const options = { task: 'CREATE_SHOT_LIST' };
  const taskId = await round.client.createSurely({ operation: 'RUN_WORKFLOW_TASK', storyId: story.id, options });
  return { story, taskId };
}

/** @param callMs how long each call to the model takes: within the drain, or far beyond it */
async function stoppedInCall(round: Round, callMs: number, make = scriptTask): Promise<void> {
  const { story, taskId } = await make(round);
  const before = callsOf(round, story).length;
  round.system.platform.model.latencyMs = callMs;
  await untilInCall(round, story, before + 2);
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
      yield { name: `a shot list, ${time}`, act: (round) => stoppedInCall(round, 600, shotListTask) };
    }
  },
};
