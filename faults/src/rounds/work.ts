/** A plan's work, done by clients that are as impatient and forgetful as real ones. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminal } from '../checker/observation.ts';
import { acknowledged, type Story, type Wanted } from '../client/ledger.ts';
import type { PlannedStory, PlannedTask } from './plan.ts';
import type { Round } from './round.ts';

/** How long a client follows one task before it goes on with the next. */
const patienceMs = 6_000;

export async function tellStory(round: Round, planned: PlannedStory, story: Story): Promise<void> {
  for (const task of planned.tasks) {
    const taskId = await ask(round, story, task);
    if (taskId === undefined) continue;
    await follow(round, taskId, task);
  }
}

/** Asks with one key until somebody acknowledges it, but not for ever. */
async function ask({ client }: Round, story: Story, planned: PlannedTask): Promise<string | undefined> {
  const { operation, task, attempts } = planned;
  const options = task === undefined ? {} : { task };
  const wanted: Wanted = { operation, storyId: story.id, options, attempts };
  const key = randomUUID();
  for (let tries = 0; tries < 3; tries += 1) {
    const calls = await Promise.all(Array.from({ length: planned.asked }, () => client.create(wanted, key)));
    const answered = calls.find(acknowledged);
    if (answered?.taskId) return answered.taskId;
    await sleep(200);
  }
  return undefined;
}

async function follow(round: Round, taskId: string, { cancelAfterMs, retried }: PlannedTask): Promise<void> {
  if (cancelAfterMs !== undefined) {
    await sleep(cancelAfterMs);
    await round.client.cancel(taskId);
  }
  const row = await ended(round, taskId);
  if (!retried || row === undefined || row.status === 'succeeded') return;
  const retry = await round.client.retry(taskId);
  if (acknowledged(retry) && retry.taskId !== null) await ended(round, retry.taskId);
}

const ended = (round: Round, taskId: string) =>
  round.untilRow(taskId, 'ends', ({ status }) => isTerminal(status), patienceMs).catch(() => undefined);
