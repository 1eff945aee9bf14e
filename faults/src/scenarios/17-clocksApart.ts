/** The clocks of the processes are five minutes apart: leases, retries and takeovers go by the database's. */
import { withClockShifted } from '../preloads/preload.ts';
import type { Round } from '../rounds/round.ts';
import type { Supervised } from '../system/supervised.ts';
import { leaseMs, type System, tickMs } from '../system/system.ts';
import { type Scenario, sweepPoints } from './scenario.ts';
import { ended, expectTakeover, scriptTask, storyWithConstitution, untilInCall, workerOf } from './stories.ts';

const fiveMinutesMs = 300_000;
const marginMs = 2_500;

/** A takeover, and a task that fails once and is tried again. */
async function takeoverAndRetry(round: Round, shifted: (system: System) => Supervised, shiftMs: number): Promise<void> {
  const part = shifted(round.system);
  await part.stop();
  await part.start(withClockShifted(shiftMs));
  round.system.platform.model.latencyMs = 200;
  const { story, taskId } = await scriptTask(round);
  await untilInCall(round, story, 2);
  const worker = await workerOf(round, taskId);
  const lostAt = Date.now();
  await worker.kill();
  await worker.start(worker === part ? withClockShifted(shiftMs) : {});
  await expectTakeover(round, taskId, 2, lostAt, leaseMs + tickMs + marginMs);
  await retried(round);
  await ended(round, taskId);
}

/** The first wait is 2.5 to 5 s. */
const retryLimitMs = 5_000 + tickMs + marginMs;

async function retried(round: Round): Promise<void> {
  const { model } = round.system.platform;
  const story = await storyWithConstitution(round);
  model.chooseFault = ({ story: asked }) => (asked === story.mark ? 'echo in reply' : 'none');
  const wanted = { operation: 'REGENERATE_CONSTITUTION', storyId: story.id, attempts: 2 } as const;
  const taskId = await round.client.createSurely(wanted);
  await round.untilRow(taskId, 'has failed once', ({ attempts_spent }) => attempts_spent === 1);
  const failedAt = performance.now();
  model.heal();
  const row = await ended(round, taskId);
  const tookMs = Math.round(performance.now() - failedAt);
  const told = `it ended ${row.status} at attempt ${row.attempt}, ${tookMs} ms after its failure`;
  round.expect(row.status === 'succeeded' && row.attempt === 2 && tookMs <= retryLimitMs, told);
}

const shiftedParts: readonly (readonly [string, (system: System) => Supervised])[] = [
  ['worker', ({ workers }) => workers[0]],
  ['operator', ({ operator }) => operator],
  ['api', ({ api }) => api],
];

const cases = shiftedParts.flatMap(([name, shifted]) =>
  [fiveMinutesMs, -fiveMinutesMs].map((shiftMs) => ({ name, shifted, shiftMs })),
);

export const clocksApart: Scenario = {
  fault: '17',
  title: 'clocks of the processes five minutes apart',
  *rounds(sweep) {
    for (const point of sweepPoints(sweep, cases.length)) {
      const { name, shifted, shiftMs } = cases[point] as (typeof cases)[number];
      const how = shiftMs > 0 ? 'ahead' : 'behind';
      yield { name: `${name} ${how}`, act: (round) => takeoverAndRetry(round, shifted, shiftMs) };
    }
  },
};
