/** SIGTERM while Redis is down, and while the store is away too: every process ends within its grace. */
import type { Round } from '../rounds/round.ts';
import type { System } from '../system/system.ts';
import type { Scenario } from './scenario.ts';
import { ended, scriptTask, untilInCall } from './stories.ts';

/** Of each process, by its own main: drain and margin, or what bounds its last request or tick. */
const graceMs: Readonly<Record<string, number>> = { worker: 6_000, api: 10_000, operator: 10_000 };
const marginMs = 1_000;

async function stopAll(round: Round, takeAway: (system: System) => void | Promise<void>): Promise<void> {
  const { system } = round;
  system.platform.model.latencyMs = 400;
  const { story, taskId } = await scriptTask(round);
  await untilInCall(round, story, 2);
  await takeAway(system);
  await Promise.all(
    system.parts.map(async (part) => {
      const tookMs = Math.round(await part.stop());
      const limitMs = (graceMs[part.part] ?? 0) + marginMs;
      round.expect(tookMs <= limitMs, `${part.name} took ${tookMs} ms to end, and its grace is ${limitMs} ms`);
    }),
  );
  await system.heal();
  system.platform.model.latencyMs = 20;
  const row = await ended(round, taskId);
  round.expect(row.status === 'succeeded', `it ended ${row.status} ${row.error_code}`);
}

const redisSilent = ({ parts }: System) => {
  for (const { links } of parts) links.redis.suffer({ blackHole: true });
};
const storeSilent = ({ parts }: System) => {
  for (const { links } of parts) links.store.suffer({ blackHole: true });
};

export const stoppedWithoutRedis: Scenario = {
  fault: '5',
  title: 'SIGTERM while Redis is down',
  *rounds() {
    yield { name: 'Redis killed', act: (round) => stopAll(round, ({ platform }) => platform.killRedis()) };
    yield { name: 'Redis silent', act: (round) => stopAll(round, redisSilent) };
    yield { name: 'store away', act: (round) => stopAll(round, storeSilent) };
    yield {
      name: 'Redis killed, store away',
      act: (round) =>
        stopAll(round, async (system) => {
          storeSilent(system);
          await system.platform.killRedis();
        }),
    };
  },
};
