/** The settings change under load: a limit goes from 10 to 1 and back, a document is malformed, one is deleted, Redis forgets. */
import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { appliedWithinMs } from '../checker/limits.ts';
import type { Round } from '../rounds/round.ts';
import type { Scenario } from './scenario.ts';
import { ended, storyWithConstitution } from './stories.ts';

const operation = 'REGENERATE_CONSTITUTION';
const documentOf = (limit: number) => `${operation}: { concurrency: 10, globalConcurrency: ${limit} }\n`;
/** The longest run, and what two busy cores may add. */
const runMs = 400;
const marginMs = 1_000;

async function write(round: Round, limit: number): Promise<void> {
  await writeFile(round.system.operationsFile, documentOf(limit));
  round.limited({ operation, limit, at: Date.now() });
}

/** How many run now, by the record. */
async function running(round: Round, taskIds: readonly string[]): Promise<number> {
  const rows = await round.system.platform.rows<string>(
    `select to_jsonb(id) as row from public.story_tasks where id = any($1::uuid[]) and status = 'running'`,
    [taskIds],
  );
  return rows.length;
}

const reach = (round: Round, taskIds: readonly string[], count: number) =>
  round.until(`${count} run`, async () => (await running(round, taskIds)) === count, appliedWithinMs + marginMs);

/** For so long, the last good limit is what holds: no more run, and it is not lifted, or nobody would run at all. */
async function keeps(round: Round, taskIds: readonly string[], limit: number, milliseconds: number): Promise<void> {
  const seen = new Set<number>();
  for (const until = performance.now() + milliseconds; performance.now() < until; await sleep(50)) {
    seen.add(await running(round, taskIds));
  }
  round.expect(Math.max(...seen) === limit, `the limit was ${limit}, and ${[...seen].sort()} ran`);
}

async function manyTasks(round: Round, count: number): Promise<string[]> {
  const stories = await Promise.all(Array.from({ length: count }, () => storyWithConstitution(round, 3)));
  return Promise.all(stories.map(({ id }) => round.client.createSurely({ operation, storyId: id })));
}

type Act = (round: Round, taskIds: readonly string[]) => Promise<void>;

async function changeUnderLoad(round: Round, act: Act): Promise<void> {
  round.system.platform.model.latencyMs = runMs;
  await write(round, 1);
  await sleep(appliedWithinMs);
  const taskIds = await manyTasks(round, 60);
  await act(round, taskIds);
  await write(round, 10);
  const rows = await Promise.all(taskIds.map((taskId) => ended(round, taskId, 40_000)));
  for (const { id, status, attempt } of rows)
    round.expect(status === 'succeeded' && attempt === 1, `${id} ended ${status} at attempt ${attempt}`);
}

const upAndDown: Act = async (round, taskIds) => {
  for (const limit of [10, 1, 10, 1]) {
    await write(round, limit);
    await reach(round, taskIds, limit);
  }
  await keeps(round, taskIds, 1, appliedWithinMs);
};

const malformed: Act = async (round, taskIds) => {
  await writeFile(round.system.operationsFile, `${operation}: { globalConcurrency: many }\n`);
  await keeps(round, taskIds, 1, 2 * appliedWithinMs);
};

const deleted: Act = async (round, taskIds) => {
  await rm(round.system.operationsFile);
  await keeps(round, taskIds, 1, 2 * appliedWithinMs);
};

/** Redis' own count of what runs is gone, and the limit that it held: the record alone knows. */
const flushed: Act = async (round, taskIds) => {
  round.system.platform.model.latencyMs = 1_500;
  for (let time = 0; time < 3; time += 1) {
    await reach(round, taskIds, 1);
    await round.system.platform.withRedis((redis) => redis.flushall());
    await keeps(round, taskIds, 1, appliedWithinMs);
  }
  round.system.platform.model.latencyMs = runMs;
};

const cases: readonly (readonly [string, Act])[] = [
  ['10, 1, 10, 1', upAndDown],
  ['malformed', malformed],
  ['deleted', deleted],
  ['flushed at 1', flushed],
];

export const settingsChange: Scenario = {
  fault: '19',
  title: 'settings 10 → 1 → 10, malformed, deleted',
  *rounds() {
    for (const [name, act] of cases) yield { name, act: (round) => changeUnderLoad(round, act) };
  },
};
