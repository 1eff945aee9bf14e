/**
 * Each path of a task through a kill, a takeover and a late write, in virtual time over the real record. Nothing here
 * waits in real time for anything but the record's answers.
 */
import { isTerminal, type TaskEvent } from '@story-tasks/contracts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { SimulatedRecord } from './record.ts';
import { callMs, leaseMs, type SimulatedApi, SimulatedSystem, tickMs } from './system.ts';

/** From the last heartbeat of a lost run to the next claim: its lease, and the tick that finds it. */
const takeOverMs = leaseMs + tickMs + 1_000;
const minute = 60_000;

let record: SimulatedRecord;
let system: SimulatedSystem;
let api: SimulatedApi;
let seed = 0;

beforeAll(async () => {
  record = await SimulatedRecord.start();
});
afterAll(() => record.stop());
beforeEach(() => {
  seed += 1;
  system = new SimulatedSystem(record, seed);
  api = system.startApi();
});

const ended = (taskId: string) => async () => isTerminal((await api.task(taskId)).status);
const attempted = (taskId: string, attempt: number) => async () => (await api.task(taskId)).attempt === attempt;
const told = (taskId: string, start: string) => async () =>
  (await api.events(taskId)).some(({ message }) => message.startsWith(start));

const written = (storyId: string) =>
  record.rows('select * from public.scenelets where story_id = $1 order by created_at, id', [storyId]);

/** A story with its constitution, made by a worker that is gone again. */
async function storyToScript(): Promise<string> {
  const storyId = await api.createStory();
  const worker = system.startWorker('constitution');
  const taskId = await api.createTask(storyId, 'CREATE_CONSTITUTION');
  await system.until('the constitution is made', minute, ended(taskId));
  worker.kill();
  system.llmCalls.length = 0;
  return storyId;
}

/** Numbered without a gap, and ended once, last. */
function expectSound(events: readonly TaskEvent[]): void {
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  const terminal = events.filter(({ status }) => status !== null && isTerminal(status));
  expect(terminal).toEqual([events.at(-1)]);
}

test('a run: its worker is killed, two more freeze and wake too late, the fourth ends it', async () => {
  const storyId = await storyToScript();
  system.startOperator();
  const killed = system.startWorker('killed');
  const taskId = await api.createTask(storyId, 'CREATE_INTERACTIVE_SCRIPT');
  await system.until('two scenelets are written', 2 * minute, told(taskId, 'Scenelet 2 of'));
  killed.kill();
  const killedAt = system.clock.now();

  // One step before it tells of a scenelet that it has persisted.
  const untold = system.startWorker('untold');
  await system.until('the second worker took over', takeOverMs, attempted(taskId, 2));
  expect(system.clock.now() - killedAt).toBeLessThan(takeOverMs);
  // A step that is told of, or three losses in a row would end the task.
  await system.until('it has written a scenelet', minute, told(taskId, 'Scenelet 3 of'));
  untold.stopAfter('save_story_work', 'freeze');
  await system.until('it is frozen', minute, async () => !untold.alive);

  // In the middle of a call, with a scenelet to persist when it wakes.
  const unsaved = system.startWorker('unsaved');
  await system.until('the third worker took over', takeOverMs, attempted(taskId, 3));
  await system.clock.pass(callMs - 1_000);
  unsaved.freeze();

  system.startWorker('fourth');
  await system.until('the fourth worker took over', takeOverMs, attempted(taskId, 4));
  const before = [await written(storyId), await api.events(taskId)];
  for (const late of [untold, unsaved]) late.thaw();
  await system.clock.pass(callMs - 500);
  expect([await written(storyId), await api.events(taskId)]).toEqual(before);

  await system.until('the task ended', 5 * minute, ended(taskId));
  const task = await api.task(taskId);
  expect(task).toMatchObject({ status: 'succeeded', attempt: 4, attemptsSpent: 0, workerId: 'fourth' });
  expectSound(await api.events(taskId));
  const scenelets = Number(task.result?.['scenelets']);
  expect(await written(storyId)).toHaveLength(scenelets);
  // Every step was paid for once, but for the two that were in flight; the one that was not told of was persisted.
  expect(system.llmCalls).toHaveLength(1 + scenelets + 2);
});

test('the reconciler: killed between its mend and the job, taken over, and a late one disturbs nothing', async () => {
  const storyId = await storyToScript();
  const lost = system.startWorker('lost');
  const taskId = await api.createTask(storyId, 'CREATE_INTERACTIVE_SCRIPT');
  await system.until('a scenelet is written', 2 * minute, told(taskId, 'Scenelet 1 of'));
  lost.kill();
  // Its job too: else the lane itself would offer it again, and there were nothing for the reconciler to do.
  system.lanes.flush();
  await system.clock.pass(leaseMs + tickMs);
  system.startOperator().stopAfter('mend_story_task_losses', 'kill');
  system.startWorker('next');
  await system.clock.pass(takeOverMs);
  expect(await api.task(taskId)).toMatchObject({ status: 'queued', attempt: 1 });
  expect(await system.lanes.hasJob({ id: taskId })).toBe(false);

  // Each of them sees the row without a job, and stands still before it adds one.
  const seenQueued = '/rest/v1/story_tasks';
  const [early, late] = [system.startOperator(), system.startOperator()];
  for (const operator of [early, late]) operator.stopAfter(seenQueued, 'freeze');
  await system.clock.pass(tickMs);
  expect([early.alive, late.alive]).toEqual([false, false]);
  system.startOperator();
  await system.until('the task runs again', takeOverMs, attempted(taskId, 2));
  early.thaw();
  await system.until('the task ended', 5 * minute, ended(taskId));
  late.thaw();
  await system.clock.pass(minute);
  expect(await api.task(taskId)).toMatchObject({ status: 'succeeded', attempt: 2, workerId: 'next' });
  expectSound(await api.events(taskId));
  expect(await system.lanes.listJobIds('RUN_WORKFLOW_TASK', 0, 10)).toEqual([]);
});

test('a cancellation: the API dies before it tells, the worker freezes, and its late end is refused', async () => {
  const storyId = await storyToScript();
  system.startOperator();
  const worker = system.startWorker('frozen');
  const first = await api.createTask(storyId, 'CREATE_INTERACTIVE_SCRIPT');
  await system.until('it is in its first call', minute, told(first, 'Planning'));
  const dying = system.startApi();
  dying.process.stopAfter('cancel_story_task', 'kill');
  void dying.cancel(first);
  await system.until('the worker found it by itself', callMs + 5_000, ended(first));
  expect(await api.task(first)).toMatchObject({ status: 'cancelled', attempt: 1 });
  expectSound(await api.events(first));

  const second = await api.createTask(storyId, 'CREATE_INTERACTIVE_SCRIPT');
  await system.until('it is in a call', minute, told(second, 'Written by'));
  worker.freeze();
  system.busWorks = false;
  expect(await api.cancel(second)).toBe('cancelling');
  await system.until('the reconciler ended it', takeOverMs, ended(second));
  const before = await api.events(second);
  worker.thaw();
  await system.clock.pass(minute);
  expect(await api.events(second)).toEqual(before);
  expect(await api.task(second)).toMatchObject({ status: 'cancelled', attempt: 1 });
  expectSound(before);
});
