/** The pub/sub link is cut and commands are fine: a cancellation is found by the next batch, heartbeat or checkpoint. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Round } from '../rounds/round.ts';
import { leaseMs } from '../system/system.ts';
import { type Scenario, sweepPoints } from './scenario.ts';
import { callsOf, ended, scriptTask, untilInCall, workerOf } from './stories.ts';

/** Longer than from a batch to the next: a cancellation is then found by a heartbeat, or by the next checkpoint. */
const callMs = 600;
/** Of a lease: the longest time between two batches. */
const heartbeatMs = (leaseMs * 4) / 15;
const marginMs = 700;

async function cancelledInCall(round: Round, afterMs: number, how: 'silent' | 'refused'): Promise<void> {
  const { system } = round;
  system.platform.model.latencyMs = callMs;
  for (const { links } of system.workers) {
    links.redis.sufferAsSubscriber(how === 'silent' ? { blackHole: true } : { refuse: true });
  }
  const { story, taskId } = await scriptTask(round);
  await untilInCall(round, story, 2);
  await sleep(afterMs);
  const { status, answeredAt } = await round.client.cancel(taskId);
  round.expect(status === 202, `the cancel was answered ${status}`);
  const row = await ended(round, taskId);
  const tookMs = Date.parse(row.finished_at ?? '') - answeredAt;
  round.tookOver(Math.max(0, tookMs));
  round.expect(tookMs <= heartbeatMs + marginMs, `it was found after ${tookMs} ms`);
}

/** The job of a task that was cancelled while it waited stays behind: its claim is refused, and nothing is asked for. */
async function cancelledInLane(round: Round): Promise<void> {
  const { system } = round;
  await Promise.all(system.workers.map((worker) => worker.kill()));
  const { story, taskId } = await scriptTask(round);
  await system.operator.kill();
  system.api.links.redis.suffer({ refuse: true });
  system.api.links.redis.cut();
  const { status } = await round.client.cancel(taskId);
  round.expect(status === 200, `the cancel was answered ${status}`);
  await Promise.all(system.workers.map((worker) => worker.start()));
  const claims = () =>
    system.calls.filter(({ what, request }) => what === 'claim_story_task' && request['taskId'] === taskId);
  await round.until('its claim is refused', () => claims()[0]?.reply?.['outcome'] === 'refused');
  await sleep(callMs);
  round.expect(callsOf(round, story).length === 0, 'the model was asked for a cancelled task');
}

/** Messages that come only when the run is past them are as good as none. */
async function otherRunsGoOn(round: Round): Promise<void> {
  round.system.platform.model.latencyMs = 50;
  const { story, taskId } = await scriptTask(round);
  await untilInCall(round, story, 1);
  (await workerOf(round, taskId)).links.redis.sufferAsSubscriber({ refuse: true });
  const row = await ended(round, taskId);
  round.expect(row.status === 'succeeded' && row.attempt === 1, `it ended ${row.status} at attempt ${row.attempt}`);
}

/** Longer than BullMQ takes to find a job whose lock ran out, and to offer it to another worker. */
const longCallMs = 2_800;

/** Another worker is offered the job of a run that has its lease still: the row refuses it. */
async function lockLost(round: Round): Promise<void> {
  round.system.platform.model.latencyMs = longCallMs;
  const { story, taskId } = await scriptTask(round);
  await untilInCall(round, story, 1);
  (await workerOf(round, taskId)).links.redis.suffer({ blackHole: true });
  const refused = () =>
    round.system.calls.some(
      ({ what, request, reply }) =>
        what === 'claim_story_task' && request['taskId'] === taskId && reply?.['reason'] === 'running',
    );
  await round.until('the job is offered to another worker', refused, 12_000);
  round.system.platform.model.latencyMs = 20;
  const row = await ended(round, taskId);
  round.expect(row.status === 'succeeded' && row.attempt === 1, `it ended ${row.status} at attempt ${row.attempt}`);
}

/** Of the time of one call, in which the cancellation is committed. */
const stepMs = 60;

export const messageLost: Scenario = {
  fault: '12',
  title: 'pub/sub link cut, commands fine',
  *rounds(sweep) {
    for (const point of sweepPoints(sweep, callMs / stepMs)) {
      const how = point % 2 === 0 ? 'silent' : 'refused';
      yield {
        name: `${how}, cancelled ${point * stepMs} ms into a call`,
        act: (round) => cancelledInCall(round, point * stepMs, how),
      };
    }
    yield { name: 'cancelled in its lane, the job stays', act: cancelledInLane };
    yield { name: 'a run that nobody cancels', act: otherRunsGoOn };
    yield { name: 'the lock lost, the lease kept', act: lockLost };
  },
};
