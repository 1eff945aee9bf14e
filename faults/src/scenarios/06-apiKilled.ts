/** The API is killed between the row and the job: the reconciler enqueues the task, once, and a repeat finds it. */
import { randomUUID } from 'node:crypto';
import type { TaskRow } from '../checker/observation.ts';
import type { Passing } from '../links/link.ts';
import type { Round } from '../rounds/round.ts';
import type { Scenario } from './scenario.ts';
import { ended, storyWithConstitution } from './stories.ts';

async function killedAt(round: Round, side: Passing['side']): Promise<void> {
  const { api, platform } = round.system;
  const story = await storyWithConstitution(round);
  const killed = Promise.withResolvers<void>();
  let killedAtMs = 0;
  api.links.store.tap = (message) => {
    if (message.what !== 'create_story_task' || message.side !== side || killedAtMs > 0) return 'pass';
    killedAtMs = Date.now();
    api.kill().then(killed.resolve, killed.reject);
    return 'drop';
  };
  const wanted = { operation: 'REGENERATE_CONSTITUTION', storyId: story.id } as const;
  const key = randomUUID();
  const lost = await round.client.create(wanted, key);
  round.expect(lost.status === 0, `the killed API answered ${lost.status}`);
  await killed.promise;
  const rows = () =>
    platform.rows<TaskRow>('select to_jsonb(t) as row from public.story_tasks t where story_id = $1', [story.id]);
  const made = await rows();
  round.expect(made.length === (side === 'reply' ? 1 : 0), `${made.length} rows were made`);
  for (const { id } of made) {
    const row = await ended(round, id);
    round.expect(row.status === 'succeeded' && row.attempt === 1, `it ended ${row.status} at attempt ${row.attempt}`);
    round.tookOver(Date.parse(row.started_at ?? '') - killedAtMs);
  }
  await api.start();
  const repeat = await round.client.create(wanted, key);
  round.expect(repeat.status === (side === 'reply' ? 200 : 201), `the repeat was answered ${repeat.status}`);
  round.expect((await rows()).length === 1, `there are ${(await rows()).length} rows`);
}

/** The lane takes no job: the client is told, the task is failed for it, and its key is free again. */
async function laneRefuses(round: Round): Promise<void> {
  const { redis } = round.system.api.links;
  const story = await storyWithConstitution(round);
  const wanted = { operation: 'REGENERATE_CONSTITUTION', storyId: story.id } as const;
  const key = randomUUID();
  redis.suffer({ refuse: true });
  redis.cut();
  // Without its operator the system has nobody else who could queue the task.
  await round.system.operator.stop();
  const refused = await round.client.create(wanted, key);
  round.expect(refused.status === 500 && refused.code === 'ENQUEUE_FAILED', `${refused.status} ${refused.code}`);
  redis.heal();
  await round.system.operator.start();
  const taskId = await round.client.createSurely(wanted);
  round.expect((await ended(round, taskId)).status === 'succeeded', 'the next one does not succeed');
}

export const apiKilled: Scenario = {
  fault: '6',
  title: 'API killed between row and enqueue',
  *rounds(sweep) {
    for (let time = 1; time <= (sweep === 'full' ? 5 : 1); time += 1) {
      yield { name: `after the row, ${time}`, act: (round) => killedAt(round, 'reply') };
      yield { name: `before the row, ${time}`, act: (round) => killedAt(round, 'request') };
    }
    yield { name: 'the lane takes no job', act: laneRefuses };
  },
};
