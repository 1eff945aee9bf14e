/** Redis is killed, or forgets everything, with tasks running and waiting: the lanes are rebuilt from Postgres. */
import type { Round } from '../rounds/round.ts';
import type { Scenario } from './scenario.ts';
import { ended, storyWithConstitution, untilInCall } from './stories.ts';

const waiting = 8;

/** @param lose what happens to Redis while two run and the others wait */
async function loseJobs(round: Round, lose: () => Promise<void>): Promise<void> {
  round.system.platform.model.latencyMs = 300;
  const stories = await Promise.all(Array.from({ length: waiting }, () => storyWithConstitution(round, 3)));
  const options = { task: 'CREATE_INTERACTIVE_SCRIPT' };
  const create = (storyId: string) => round.client.createSurely({ operation: 'RUN_WORKFLOW_TASK', storyId, options });
  const taskIds = await Promise.all(stories.map(({ id }) => create(id)));
  const [first] = stories;
  if (first !== undefined) await untilInCall(round, first, 1).catch(() => undefined);
  const lostAt = Date.now();
  await lose();
  round.system.platform.model.latencyMs = 20;
  const rows = await Promise.all(taskIds.map((taskId) => ended(round, taskId, 30_000)));
  for (const { id, status, error_code } of rows)
    round.expect(status === 'succeeded', `${id} ended ${status} ${error_code}`);
  const begun = rows.map(({ started_at }) => Date.parse(started_at ?? '')).filter((at) => at > lostAt);
  if (begun.length > 0) round.tookOver(Math.min(...begun) - lostAt);
}

export const redisKilled: Scenario = {
  fault: '8',
  title: 'Redis SIGKILL with everysec AOF',
  *rounds(sweep) {
    for (let time = 1; time <= (sweep === 'full' ? 5 : 1); time += 1) {
      yield {
        name: `killed, ${time}`,
        act: (round) =>
          loseJobs(round, async () => {
            await round.system.platform.killRedis();
            await round.system.platform.startRedis();
          }),
      };
    }
  },
};

export const redisFlushed: Scenario = {
  fault: '9',
  title: 'FLUSHALL',
  *rounds(sweep) {
    for (let time = 1; time <= (sweep === 'full' ? 5 : 1); time += 1) {
      yield {
        name: `flushed, ${time}`,
        act: (round) =>
          loseJobs(round, async () => {
            await round.system.platform.withRedis((redis) => redis.flushall());
          }),
      };
    }
  },
};
