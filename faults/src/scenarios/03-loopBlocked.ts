/** A worker's event loop is blocked past its lease; another has its task when it goes on. */
import { blocking } from '../preloads/preload.ts';
import type { Round } from '../rounds/round.ts';
import { leaseMs, tickMs } from '../system/system.ts';
import type { Scenario } from './scenario.ts';
import { ended, expectTakeover, scriptTask, untilInCall } from './stories.ts';

const marginMs = 1_500;
const blockMs = 2 * leaseMs;
/** How long a probe of the platform waits for an answer. */
const probeMs = 1_000;

async function answersProbe(opsUrl: string): Promise<boolean> {
  return fetch(`${opsUrl}/healthz`, { signal: AbortSignal.timeout(probeMs) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function blockedInCall(round: Round): Promise<void> {
  const [victim, other] = round.system.workers;
  await Promise.all([victim.stop(), other.stop()]);
  await victim.start(blocking(blockMs));
  round.system.platform.model.latencyMs = 200;
  const { story, taskId } = await scriptTask(round);
  await untilInCall(round, story, 2);
  const standstill = { from: Date.now(), to: Number.POSITIVE_INFINITY };
  round.frozen(standstill);
  process.kill(victim.process.pid, 'SIGUSR2');
  const [alive] = await Promise.all([answersProbe(victim.process.opsUrl), other.start()]);
  round.expect(!alive, 'a probe of the blocked worker was answered');
  await expectTakeover(round, taskId, 2, standstill.from, leaseMs + tickMs + marginMs);
  await round.until('the loop runs again', () => answersProbe(victim.process.opsUrl));
  standstill.to = Date.now() + 500;
  const row = await ended(round, taskId);
  round.expect(row.status === 'succeeded' && row.attempt === 2, `it ended ${row.status} at attempt ${row.attempt}`);
}

export const loopBlocked: Scenario = {
  fault: '3',
  title: 'event loop blocked past the lease',
  *rounds(sweep) {
    for (let time = 1; time <= (sweep === 'full' ? 3 : 1); time += 1)
      yield { name: `in a call, ${time}`, act: blockedInCall };
  },
};
