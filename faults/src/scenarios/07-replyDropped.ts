/** The store commits, and its reply is dropped: the repeat makes no second row, event or attempt. */
import { randomUUID } from 'node:crypto';
import type { TaskRow } from '../checker/observation.ts';
import type { StoreLink } from '../links/storeLink.ts';
import type { Round } from '../rounds/round.ts';
import type { Scenario } from './scenario.ts';
import { ended, scriptTask, storyWithConstitution, untilInCall, workerOf } from './stories.ts';

/** Drops the first replies to one call on these links. @returns how many were dropped */
function dropReplies(links: readonly StoreLink[], what: string, replies: number): () => number {
  let dropped = 0;
  for (const link of links) {
    link.chooseFault = (call) => (call === what && dropped < replies && ++dropped > 0 ? 'drop reply' : 'none');
  }
  return () => dropped;
}

const storeLinks = ({ system }: Round): StoreLink[] => system.workers.map(({ links }) => links.store);

/** Twice: a call is tried three times. */
const replies = 2;

/** Of a call that a run makes. */
async function inRun(round: Round, what: string): Promise<void> {
  round.system.platform.model.latencyMs = 20;
  const dropped = dropReplies(storeLinks(round), what, replies);
  const { taskId } = await scriptTask(round);
  const row = await ended(round, taskId);
  // The row may be seen to have ended between the end's first reply and its repeat.
  await round
    .until('each reply is dropped', () => dropped() === replies, 2_000)
    .catch(() => round.expect(false, `${dropped()} replies of ${what} were dropped`));
  const told = `it ended ${row.status} at attempt ${row.attempt}`;
  round.expect(row.status === 'succeeded' && row.attempt === 1, told);
}

async function ofRelease(round: Round): Promise<void> {
  round.system.platform.model.latencyMs = 300;
  const dropped = dropReplies(storeLinks(round), 'release_story_task', replies);
  const { story, taskId } = await scriptTask(round);
  await untilInCall(round, story, 2);
  await (await workerOf(round, taskId)).stop();
  const row = await ended(round, taskId);
  round.expect(dropped() === replies, `${dropped()} replies were dropped`);
  const releases = (await round.events(taskId)).filter(({ message }) => message.startsWith('Released'));
  const told = `${releases.length} releases, attempt ${row.attempt}, ${row.attempts_spent} spent`;
  round.expect(releases.length === 1 && row.attempt === 2 && row.attempts_spent === 0, told);
}

async function ofCreate(round: Round): Promise<void> {
  const story = await storyWithConstitution(round);
  const dropped = dropReplies([round.system.api.links.store], 'create_story_task', replies);
  const call = await round.client.create({ operation: 'REGENERATE_CONSTITUTION', storyId: story.id }, randomUUID());
  round.expect(dropped() === replies && call.status === 201, `${dropped()} dropped, answered ${call.status}`);
  const row = await ended(round, call.taskId ?? '');
  round.expect(row.attempt === 1, `it ended at attempt ${row.attempt}`);
}

async function ofCancel(round: Round): Promise<void> {
  round.system.platform.model.latencyMs = 1_000;
  const dropped = dropReplies([round.system.api.links.store], 'cancel_story_task', replies);
  const { story, taskId } = await scriptTask(round);
  await untilInCall(round, story, 1);
  const call = await round.client.cancel(taskId);
  const row = await ended(round, taskId);
  const told = `${dropped()} dropped, answered ${call.status}, ended ${row.status}`;
  round.expect(dropped() === replies && [200, 202].includes(call.status) && row.status === 'cancelled', told);
  const requests = (await round.events(taskId)).filter(({ message }) => message === 'Cancellation requested');
  round.expect(requests.length === 1, `${requests.length} requests are on record`);
}

/** @returns the id of a task that is not in its lane */
async function heldTask(round: Round): Promise<string> {
  const story = await storyWithConstitution(round);
  const held = { operation: 'REGENERATE_CONSTITUTION', storyId: story.id, autoStart: false } as const;
  return round.client.createSurely(held);
}

async function ofStart(round: Round): Promise<void> {
  const taskId = await heldTask(round);
  const dropped = dropReplies([round.system.api.links.store], 'start_story_task', replies);
  const call = await round.client.start(taskId);
  const row = await ended(round, taskId);
  const told = `${dropped()} dropped, answered ${call.status}, ended ${row.status} at attempt ${row.attempt}`;
  round.expect(dropped() === replies && call.status === 200 && row.status === 'succeeded' && row.attempt === 1, told);
}

async function ofGivingUp(round: Round): Promise<void> {
  const story = await storyWithConstitution(round);
  const { api, operator } = round.system;
  // It would find the row without a job, and have it run, before the API gives it up.
  await operator.kill();
  const dropped = dropReplies([api.links.store], 'fail_story_task_enqueue', replies);
  api.links.redis.suffer({ blackHole: true });
  const call = await round.client.create({ operation: 'REGENERATE_CONSTITUTION', storyId: story.id }, randomUUID());
  api.links.redis.suffer({});
  const row = await ended(round, call.taskId ?? '');
  const told = `${dropped()} dropped, answered ${call.status} ${call.code}, ended ${row.status} ${row.error_code}`;
  const refused = call.status === 500 && call.code === 'ENQUEUE_FAILED' && row.error_code === 'ENQUEUE_FAILED';
  round.expect(dropped() === replies && refused, told);
}

async function ofRetry(round: Round): Promise<void> {
  const { api } = round.system;
  const taskId = await heldTask(round);
  await round.client.cancel(taskId);
  const dropped = dropReplies([api.links.store], 'retry_story_task', replies);
  const retry = await round.client.retry(taskId);
  round.expect(dropped() === replies && retry.status === 201, `${dropped()} dropped, answered ${retry.status}`);
  const retries = await round.system.platform.rows<TaskRow>(
    'select to_jsonb(t) as row from public.story_tasks t where retry_of = $1',
    [taskId],
  );
  round.expect(retries.length === 1, `${retries.length} retries were made`);
}

async function ofMending(round: Round): Promise<void> {
  round.system.platform.model.latencyMs = 200;
  const { story, taskId } = await scriptTask(round);
  await untilInCall(round, story, 2);
  const worker = await workerOf(round, taskId);
  await worker.kill();
  const lostAt = Date.now();
  const dropped = dropReplies([round.system.operator.links.store], 'mend_story_task_losses', 9);
  await worker.start();
  const row = await ended(round, taskId);
  const losses = (await round.events(taskId)).filter(({ payload }) => payload?.['code'] === 'WORKER_LOST');
  round.expect(
    dropped() > 0 && losses.length === 1 && row.attempt === 2,
    `${losses.length} losses, attempt ${row.attempt}`,
  );
  const claim = (await round.events(taskId)).findLast(({ status }) => status === 'running');
  round.tookOver(Date.parse(claim?.created_at ?? '') - lostAt);
}

export const replyDropped: Scenario = {
  fault: '7',
  title: 'the store commits, the reply is dropped',
  *rounds() {
    for (const what of ['claim_story_task', 'append_story_task_events', 'save_story_work', 'finish_story_task']) {
      yield { name: what, act: (round) => inRun(round, what) };
    }
    yield { name: 'release_story_task', act: ofRelease };
    yield { name: 'create_story_task', act: ofCreate };
    yield { name: 'cancel_story_task', act: ofCancel };
    yield { name: 'start_story_task', act: ofStart };
    yield { name: 'fail_story_task_enqueue', act: ofGivingUp };
    yield { name: 'retry_story_task', act: ofRetry };
    yield { name: 'mend_story_task_losses', act: ofMending };
  },
};
