/** Story work over a real store: nothing is made twice, and a run that was overtaken makes nothing. */
import { randomUUID } from 'node:crypto';
import type { WorkflowTask } from '@story-tasks/contracts';
import {
  connectStore,
  createSceneletsRepository,
  createStoriesRepository,
  createStoryTasksRepository,
  type Store,
} from '@story-tasks/supabase';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLite, startPostgres } from '../../../supabase/test/harness.ts';
import type { LlmGateway } from '../llm/gateway.ts';
import { createOfflineGateway } from '../llm/offlineGateway.ts';
import { writeOffline } from '../offline/writeOffline.ts';
import { runTask } from '../runTask.ts';
import { createStoryWorkStore, type StoryWorkRun } from '../storyWorkStore.ts';
import { createTaskLogging, logTaskStart, type TaskLog, type TaskLogging } from '../task-logging/index.ts';

let stop: () => Promise<void>;
let store: Store;
let logging: TaskLogging;

beforeAll(async () => {
  const postgres = await startPostgres({ bare: true });
  const lite = await startLite({ postgresUrl: postgres.url });
  store = connectStore({ url: lite.url, secretKey: lite.secretKey });
  logging = createTaskLogging(createStoryTasksRepository(store));
  stop = async () => {
    await lite.stop();
    await postgres.stop();
  };
});
afterAll(() => stop());

const newStory = async () =>
  (
    await createStoriesRepository(store).createStory({
      displayName: 'The Door',
      initialPrompt: 'Mara keeps the lighthouse at Dunmore. One night she finds a door under the sea.',
    })
  ).id;

/** Notes each piece that was asked for, and lets a test step in before the call. */
function countingGateway(
  before: (call: number) => unknown = () => undefined,
): LlmGateway & { readonly made: string[] } {
  const offline = createOfflineGateway({ write: writeOffline, latencyMs: 0 });
  const made: string[] = [];
  let calls = 0;
  return {
    ...offline,
    made,
    async generate(request) {
      calls += 1;
      await before(calls);
      const reply = await offline.generate(request);
      const node = 'node' in request.input ? `:${request.input.node.key}` : '';
      made.push(request.step + node);
      return reply;
    },
  };
}

const start = (storyId: string, task: WorkflowTask) =>
  logTaskStart(logging, { operation: 'RUN_WORKFLOW_TASK', storyId, payload: { task }, workerId: 'test' });

const noBundles = {
  put: () => Promise.reject(new Error('no bundle is built here')),
  get: () => Promise.resolve(null),
};

async function run(log: TaskLog, llm: LlmGateway) {
  const work = (writer: StoryWorkRun) => createStoryWorkStore(store, writer);
  const dependencies = { logging, work, llm, bundles: noBundles, timeoutSeconds: 60, retryAfterMs: () => 0 };
  return (await runTask(dependencies, log)).completion;
}

async function make(storyId: string, task: WorkflowTask) {
  const llm = countingGateway();
  const { task: ended } = await run(await start(storyId, task), llm);
  expect(ended.status).toBe('succeeded');
  return { result: ended.result, made: llm.made };
}

const scripted: WorkflowTask = 'CREATE_INTERACTIVE_SCRIPT';

describe('a second run', () => {
  test.each(['CREATE_CONSTITUTION', scripted, 'CREATE_SHOT_LIST'] as const)('of %s makes no call', async (task) => {
    const storyId = await newStory();
    for (const first of ['CREATE_CONSTITUTION', scripted, task] as const) await make(storyId, first);
    const { result, made } = await make(storyId, task);
    expect(made).toEqual([]);
    expect(result).toMatchObject({ llmCalls: 0, generated: 0 });
  });
});

describe('a run that is stopped', () => {
  let whole: string[];
  beforeAll(async () => {
    const storyId = await newStory();
    await make(storyId, 'CREATE_CONSTITUTION');
    whole = (await make(storyId, scripted)).made;
  });

  test.each([
    ['its first', () => 1],
    ['its second', () => 2],
    ['a middle', () => 7],
    ['its last', () => whole.length],
  ])('at %s call is resumed with exactly the pieces that are missing', async (_, callOf) => {
    const k = callOf();
    const storyId = await newStory();
    await make(storyId, 'CREATE_CONSTITUTION');
    const log = await start(storyId, scripted);
    const stopped = countingGateway((call) => call === k && log.cancel());
    expect((await run(log, stopped)).task.status).toBe('cancelled');
    expect(stopped.made).toEqual(whole.slice(0, k - 1));
    const { made, result } = await make(storyId, scripted);
    expect(made).toEqual(whole.slice(k - 1));
    expect(result).toMatchObject({ reused: k - 1, llmCalls: whole.length - k + 1 });
  });

  test('between a call and its persisting repeats that call alone', async () => {
    const storyId = await newStory();
    await make(storyId, 'CREATE_CONSTITUTION');
    const log = await start(storyId, scripted);
    const llm = countingGateway();
    const stopping: LlmGateway = {
      ...llm,
      async generate(request) {
        const reply = await llm.generate(request);
        if (llm.made.length === 5) log.cancel();
        return reply;
      },
    };
    await run(log, stopping);
    expect((await make(storyId, scripted)).made).toEqual(whole.slice(4));
  });
});

describe('a run that was overtaken', () => {
  /** A story, and the fence of an attempt that another has taken the task from. */
  async function overtaken() {
    const storyId = await newStory();
    await make(storyId, 'CREATE_CONSTITUTION');
    const log = await start(storyId, scripted);
    const fence = { taskId: log.task.id, attempt: log.task.attempt };
    const { repository } = logging;
    await repository.releaseTask({ ...fence, eventId: randomUUID(), message: 'Taken away' });
    const claim = { taskId: fence.taskId, claimToken: randomUUID(), workerId: 'other', leaseMs: 15_000 };
    expect(await repository.claimTask({ ...claim, resumable: true })).toMatchObject({ outcome: 'claimed' });
    return { storyId, log, fence };
  }

  const contents = async (storyId: string) => [
    await createStoriesRepository(store).getStory(storyId),
    await createSceneletsRepository(store).listByStory(storyId),
  ];

  test('is refused every kind of write', async () => {
    const { storyId, log, fence } = await overtaken();
    const before = await contents(storyId);
    const work = createStoryWorkStore(store, {
      ...fence,
      storyId,
      signal: new AbortController().signal,
      clock: logging.clock,
    });
    const { constitution } = await work.load(storyId);
    if (!constitution) throw new Error('The story has a constitution.');
    const { provenance } = constitution;
    const content = { narration: ['It begins.'], dialogue: [], provenance };
    const shots = [{ framing: 'wide', subject: 'sea', movement: 'none', sound: 'wind', seconds: 3 }];
    const writes = [
      () => work.saveDocument(storyId, 'constitution', { ...constitution, title: 'Stolen' }, { replace: true }),
      () => work.saveScenelet(storyId, { key: 'a', parentId: null, choiceLabelFromParent: null, content }),
      () => work.saveShotList(randomUUID(), { shots, provenance }),
      () => work.saveBundlePath(storyId, '/stolen.html'),
    ];
    for (const write of writes) await expect(write()).rejects.toMatchObject({ code: 'STALE_ATTEMPT' });
    expect(await contents(storyId)).toEqual(before);
    await log.close();
  });

  test('makes no call, writes nothing, and leaves the task to the other', async () => {
    const { storyId, log } = await overtaken();
    const before = await contents(storyId);
    const llm = countingGateway();
    expect(await run(log, llm)).toMatchObject({ outcome: 'stale', task: { status: 'running', attempt: 2 } });
    expect(llm.made).toEqual([]);
    expect(await contents(storyId)).toEqual(before);
  });

  test('in the middle of a call throws its reply away', async () => {
    const storyId = await newStory();
    const log = await start(storyId, 'CREATE_CONSTITUTION');
    const { id: taskId, attempt } = log.task;
    const llm = countingGateway(async () => {
      await logging.repository.releaseTask({ taskId, attempt, eventId: randomUUID(), message: 'Taken away' });
    });
    expect((await run(log, llm)).outcome).toBe('stale');
    expect(llm.made).toEqual(['constitution']);
    expect(await contents(storyId)).toMatchObject([{ constitution: null }, []]);
  });
});
