/** A cancellation against the completion of its task, swept by a millisecond: one row lock decides, and both are told. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Round } from '../rounds/round.ts';
import { type Scenario, sweepPoints } from './scenario.ts';
import { callsOf, ended, storyWithConstitution } from './stories.ts';

/** After the reply of its last call, a run persists and ends well within this time. */
const sweptMs = 80;
const perRound = 10;

/** @returns true when the cancellation won */
async function race(round: Round, afterMs: number): Promise<boolean> {
  const story = await storyWithConstitution(round, 3);
  const taskId = await round.client.createSurely({ operation: 'REGENERATE_CONSTITUTION', storyId: story.id });
  await round.until('its call is answered', () => callsOf(round, story)[0]?.outcome === 'answered');
  await sleep(afterMs);
  const { status } = await round.client.cancel(taskId);
  const row = await ended(round, taskId);
  const told = `answered ${status} ${afterMs} ms after the reply, and it ended ${row.status}`;
  round.expect([200, 202, 409].includes(status) && (status === 409) === (row.status === 'succeeded'), told);
  // Again, now that it has ended: the answer is the same, and the record stays.
  const again = await round.client.cancel(taskId);
  round.expect(again.status === (row.status === 'succeeded' ? 409 : 200), `asked again: ${again.status}`);
  return row.status === 'cancelled';
}

async function races(round: Round, points: readonly number[]): Promise<void> {
  round.system.platform.model.latencyMs = 10;
  let won = 0;
  for (const point of points) won += (await race(round, point)) ? 1 : 0;
  console.log(`    cancelled ${points[0]} to ${points.at(-1)} ms after the reply: ${won} of ${points.length} won`);
}

export const cancelAgainstEnd: Scenario = {
  fault: '18',
  title: 'cancel against completion, swept by 1 ms',
  *rounds(sweep) {
    const points = sweepPoints(sweep === 'full' ? 'full' : sweep * perRound, sweptMs);
    for (let from = 0; from < points.length; from += perRound) {
      const own = points.slice(from, from + perRound);
      yield { name: `${own[0]} to ${own.at(-1)} ms`, act: (round) => races(round, own) };
    }
  },
};
