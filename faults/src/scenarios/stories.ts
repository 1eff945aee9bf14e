/** Where scenarios begin: a story whose constitution is there, and a task of it. */
import { randomUUID } from 'node:crypto';
import { isTerminal, type TaskRow } from '../checker/observation.ts';
import type { Story } from '../client/ledger.ts';
import { type ModelStep, writeDocument } from '../model/documents.ts';
import type { ModelCall } from '../model/modelServer.ts';
import type { Round } from '../rounds/round.ts';
import type { Supervised } from '../system/supervised.ts';

/** Puts the constitution on record past all runs: what a scenario is about comes after it. */
export async function storyWithConstitution(round: Round, scenelets = 4): Promise<Story> {
  const story = await round.client.createStory(scenelets);
  const document = writeDocument({ story: story.mark, step: 'constitution', piece: '0' }) as object;
  const provenance = {
    provider: 'fixture',
    model: 'none',
    offline: false,
    taskId: randomUUID(),
    constitutionRevision: 0,
  };
  await round.system.platform.rows(
    'update public.stories set constitution = $2 where id = $1 returning to_jsonb(id) as row',
    [story.id, JSON.stringify({ ...document, provenance })],
  );
  return story;
}

export interface ScriptTask {
  readonly story: Story;
  readonly taskId: string;
}

export async function scriptTask(round: Round, scenelets = 4): Promise<ScriptTask> {
  const story = await storyWithConstitution(round, scenelets);
  const options = { task: 'CREATE_INTERACTIVE_SCRIPT' };
  const taskId = await round.client.createSurely({ operation: 'RUN_WORKFLOW_TASK', storyId: story.id, options });
  return { story, taskId };
}

export const ended = (round: Round, taskId: string, limitMs?: number): Promise<TaskRow> =>
  round.untilRow(taskId, 'ends', ({ status }) => isTerminal(status), limitMs);

export const callsOf = ({ system }: Round, { mark }: Story, step?: ModelStep): ModelCall[] =>
  system.platform.model.calls.filter((call) => call.story === mark && (step === undefined || call.step === step));

/** Waits until so many calls have been made for the story, and the last of them is under way. */
export async function untilInCall(round: Round, story: Story, count: number): Promise<void> {
  await round.until(`call ${count} is under way`, () => callsOf(round, story)[count - 1]?.outcome === 'open');
}

/** The worker that runs the task now. */
export async function workerOf(round: Round, taskId: string): Promise<Supervised> {
  const { worker_id: name } = await round.untilRow(taskId, 'is claimed', (row) => row.worker_id !== null);
  const worker = round.system.workers.find((each) => each.name === name);
  if (worker === undefined) throw new Error(`no worker is named ${name}`);
  return worker;
}

/** When the claim of an attempt was written, in milliseconds since the epoch. */
export async function claimedAt(round: Round, taskId: string, attempt: number): Promise<number> {
  await round.untilRow(taskId, `reaches attempt ${attempt}`, (row) => row.attempt >= attempt);
  const claims = (await round.events(taskId)).filter(({ status }) => status === 'running');
  return Date.parse(claims[attempt - 1]?.created_at ?? '');
}

/** Notes how long the takeover took, and holds it to its limit. @param attempt the one that took over */
export async function expectTakeover(
  round: Round,
  taskId: string,
  attempt: number,
  lostAt: number,
  limitMs: number,
): Promise<void> {
  const tookMs = (await claimedAt(round, taskId, attempt)) - lostAt;
  round.tookOver(tookMs);
  round.expect(tookMs <= limitMs, `taken over after ${tookMs} ms, and the limit is ${limitMs} ms`);
}
