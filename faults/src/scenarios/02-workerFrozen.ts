/**
 * A worker stands still for twice its lease, and wakes when another has its task: in the middle of a call, and with each
 * kind of write under way, which then arrives late.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fate } from '../links/link.ts';
import { freeze } from '../rounds/inflict.ts';
import type { Round } from '../rounds/round.ts';
import { leaseMs, tickMs } from '../system/system.ts';
import type { Scenario } from './scenario.ts';
import { claimedAt, ended, expectTakeover, scriptTask, untilInCall, workerOf } from './stories.ts';

const marginMs = 1_500;
const takeoverLimitMs = leaseMs + tickMs + marginMs;

async function frozenInCall(round: Round): Promise<void> {
  round.system.platform.model.latencyMs = 200;
  const { story, taskId } = await scriptTask(round);
  await untilInCall(round, story, 2);
  const { process } = await workerOf(round, taskId);
  const lostAt = Date.now();
  const thaw = freeze(round, process);
  await expectTakeover(round, taskId, 2, lostAt, takeoverLimitMs);
  await sleep(Math.max(0, lostAt + 2 * leaseMs - Date.now()));
  await thaw();
  const row = await ended(round, taskId);
  round.expect(row.status === 'succeeded' && row.attempt === 2, `it ended ${row.status} at attempt ${row.attempt}`);
}

/** A write of the run that is held on its way until another attempt has the task, and arrives then. */
async function lateWrite(round: Round, what: string, first: number): Promise<void> {
  round.system.platform.model.latencyMs = 100;
  const held = Promise.withResolvers<{ taskId: string }>();
  const arrived = Promise.withResolvers<void>();
  const { taskId } = await scriptTask(round);
  const worker = await workerOf(round, taskId);
  let seen = 0;
  worker.links.store.tap = async (message): Promise<Fate> => {
    if (message.what !== what || message.side !== 'request' || ++seen !== first) return 'pass';
    held.resolve({ taskId });
    await arrived.promise;
    return 'pass';
  };
  // A release is written by a worker that is told to stop.
  const stopping = what === 'release_story_task' ? worker.stop.bind(worker) : undefined;
  const { process } = worker;
  const stopped = stopping?.();
  await held.promise;
  const lostAt = Date.now();
  const thaw = freeze(round, process);
  const sent = round.system.calls.length;
  await expectTakeover(round, taskId, 2, lostAt, takeoverLimitMs);
  arrived.resolve();
  await round.until(
    'the late write is answered',
    () => answerOf(round, sent, worker.links.store.name, what) !== undefined,
  );
  const answer = JSON.stringify(answerOf(round, sent, worker.links.store.name, what));
  round.expect(answer.includes('stale'), `the late ${what} was answered ${answer}`);
  await sleep(Math.max(0, lostAt + 2 * leaseMs - Date.now()));
  await thaw();
  await stopped;
  await claimedAt(round, taskId, 2);
  await ended(round, taskId);
}

/** The answer to the first such call over the link since then. */
function answerOf({ system }: Round, since: number, link: string, what: string): unknown {
  const call = system.calls.slice(since).find((each) => each.link === link && each.what === what);
  return call?.reply?.['outcome'] === 'done' ? call.reply['answers'] : call?.reply?.['outcome'];
}

/** Which of its kind is held: the first batch, the second step, the end, and what a drain writes. */
const lateWrites: readonly (readonly [string, number])[] = [
  ['append_story_task_events', 3],
  ['save_story_work', 2],
  ['finish_story_task', 1],
  ['release_story_task', 1],
];

export const workerFrozen: Scenario = {
  fault: '2',
  title: 'SIGSTOP a worker for twice its lease, then SIGCONT',
  *rounds(sweep) {
    const times = sweep === 'full' ? 3 : 1;
    for (let time = 1; time <= times; time += 1) {
      yield { name: `in a call, ${time}`, act: frozenInCall };
      for (const [what, first] of lateWrites) {
        yield { name: `${what} arrives late, ${time}`, act: (round) => lateWrite(round, what, first) };
      }
    }
  },
};
