/** I9: how many tasks end in a second, before a fault and after it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminal } from '../checker/observation.ts';
import { acknowledged } from '../client/ledger.ts';
import type { Round } from '../rounds/round.ts';
import { storyWithConstitution } from './stories.ts';

/** After a fault, throughput is back to this share of what it was, within this time. */
const recoveredShare = 0.95;
const recoveryLimitMs = 60_000;
const windowMs = 5_000;
/** Clients that each wait for their task before they ask for the next. */
const clients = 4;

interface Load {
  /** Tasks that ended within the window that ends now. */
  perWindow(): number;
  stop(): Promise<void>;
}

/** Work that is never finished: each client has one task after the other regenerated, on a story of its own. */
async function startLoad(round: Round): Promise<Load> {
  const stories = await Promise.all(Array.from({ length: clients }, () => storyWithConstitution(round, 3)));
  const ends: number[] = [];
  let stopping = false;
  const working = stories.map(async ({ id }) => {
    while (!stopping) if (await one(round, id)) ends.push(performance.now());
  });
  return {
    perWindow: () => ends.filter((at) => at > performance.now() - windowMs).length,
    async stop() {
      stopping = true;
      await Promise.all(working);
    },
  };
}

/** @returns true when the task succeeded */
async function one(round: Round, storyId: string): Promise<boolean> {
  const call = await round.client.create({ operation: 'REGENERATE_CONSTITUTION', storyId });
  if (!acknowledged(call) || call.taskId === null) {
    await sleep(100);
    return false;
  }
  const row = await round
    .untilRow(call.taskId, 'ends', ({ status }) => isTerminal(status), 10_000)
    .catch(() => undefined);
  return row?.status === 'succeeded';
}

/** Plays a fault under load. @returns how long after its end throughput was back, in milliseconds */
export async function throughputReturns(round: Round, fault: () => Promise<void>): Promise<void> {
  round.system.platform.model.latencyMs = 100;
  const load = await startLoad(round);
  await sleep(windowMs * 1.5);
  const before = load.perWindow();
  round.expect(before >= clients, `I9: ${before} tasks in a window before the fault say nothing of what comes after`);
  await fault();
  const endedAt = performance.now();
  const wanted = Math.ceil(before * recoveredShare);
  await round
    .until(`${wanted} tasks in ${windowMs} ms, as before`, () => load.perWindow() >= wanted, recoveryLimitMs)
    .catch(() => round.expect(false, `I9: ${load.perWindow()} of ${before} tasks a window, 60 s after the fault`));
  const tookMs = Math.round(performance.now() - endedAt);
  round.tookOver(tookMs);
  await load.stop();
}
