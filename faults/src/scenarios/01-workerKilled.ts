/**
 * A worker is killed at each await of a run. Every await of a run is a message over one of its links, so it is killed as
 * the k-th message since its claim is about to pass: a request that nobody saw, or a reply that it never got.
 */
import type { Fate, Tap } from '../links/link.ts';
import type { Round } from '../rounds/round.ts';
import type { Supervised } from '../system/supervised.ts';
import { leaseMs, tickMs } from '../system/system.ts';
import { type Scenario, sweepPoints } from './scenario.ts';
import { ended, scriptTask } from './stories.ts';

/** For the calls of the takeover itself, on a machine that is busy with the suite. */
const marginMs = 1_500;

interface Sweep {
  /** Messages of a run that nobody disturbs, from its claim to its end. */
  messages: number;
}

class Run {
  worker: Supervised | undefined;
  messages = 0;
  lostAt = 0;
  readonly #killAt: number;

  constructor(round: Round, killAt: number) {
    this.#killAt = killAt;
    for (const worker of round.system.workers) for (const link of worker.allLinks) link.tap = this.#tap(worker);
  }

  /** The first to claim is the one that is watched. */
  #tap(worker: Supervised): Tap {
    return ({ what }) => {
      if (what === 'claim_story_task') this.worker ??= worker;
      return this.worker === worker && this.lostAt === 0 ? this.#count(worker) : 'pass';
    };
  }

  #count(worker: Supervised): Fate {
    this.messages += 1;
    if (this.messages !== this.#killAt) return 'pass';
    this.lostAt = Date.now();
    // Back at once, as a Deployment has it: it may be the one that takes over.
    void worker.kill().then(() => worker.start());
    for (const link of worker.allLinks) link.forget();
    return 'drop';
  }
}

async function measure(round: Round, sweep: Sweep): Promise<void> {
  const run = new Run(round, Number.POSITIVE_INFINITY);
  const { taskId } = await scriptTask(round);
  await ended(round, taskId);
  sweep.messages = run.messages;
}

async function killAt(round: Round, message: number): Promise<void> {
  const run = new Run(round, message);
  const { taskId } = await scriptTask(round);
  const row = await ended(round, taskId, 20_000);
  round.expect(row.status === 'succeeded', `it ended ${row.status} ${row.error_code}`);
  // Killed before its claim arrived, or after its end did: there is nothing to take over.
  const claims = (await round.events(taskId)).filter(({ status }) => status === 'running');
  const next = claims.map(({ created_at }) => Date.parse(created_at)).find((at) => at > run.lostAt);
  if (run.lostAt === 0 || next === undefined) return;
  const tookMs = next - run.lostAt;
  round.tookOver(tookMs);
  const limitMs = leaseMs + tickMs + marginMs;
  round.expect(tookMs <= limitMs, `taken over after ${tookMs} ms, and the limit is ${limitMs} ms`);
}

export const workerKilled: Scenario = {
  fault: '1',
  title: 'SIGKILL a worker at each await of a run',
  *rounds(sweep) {
    const measured: Sweep = { messages: 0 };
    yield { name: 'undisturbed', act: (round) => measure(round, measured) };
    for (const point of sweepPoints(sweep, measured.messages)) {
      yield { name: `message ${point + 1} of ${measured.messages}`, act: (round) => killAt(round, point + 1) };
    }
  },
};
