/** Runs and their ends over a real store, with the faults that a run is expected to live through. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connectStore, createStoriesRepository, createStoryTasksRepository, type Store } from '@story-tasks/supabase';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLite, startPostgres } from '../../supabase/test/harness.ts';
import { createOfflineGateway } from './llm/offlineGateway.ts';
import { writeOffline } from './offline/writeOffline.ts';
import { type RunDependencies, runTask } from './runTask.ts';
import { createStoryWorkStore } from './storyWorkStore.ts';
import { createTaskLogging, logTaskStart, type TaskLog } from './task-logging/index.ts';

let stop: () => Promise<void>;
let proxy: { url: string; refuse: (path: RegExp, times: number) => void };
let store: Store;
let dependencies: RunDependencies;

beforeAll(async () => {
  const postgres = await startPostgres({ bare: true });
  const lite = await startLite({ postgresUrl: postgres.url });
  const gateway = await startProxy(lite.url);
  proxy = gateway;
  store = connectStore({ url: gateway.url, secretKey: lite.secretKey });
  dependencies = {
    work: (run) => createStoryWorkStore(store, run),
    logging: createTaskLogging(createStoryTasksRepository(store)),
    llm: createOfflineGateway({ write: writeOffline, latencyMs: 0 }),
    bundles: { put: () => Promise.reject(new Error('none')), get: () => Promise.resolve(null) },
    timeoutSeconds: 60,
    retryAfterMs: () => 4_321.567,
  };
  stop = async () => {
    gateway.close();
    await lite.stop();
    await postgres.stop();
  };
});
afterAll(() => stop());

/** Passes requests on, except that it answers 503 to the next so many of a path. */
async function startProxy(target: string) {
  let refusing = { path: /^$/, times: 0 };
  const server: Server = createServer((request, response) => {
    if (refusing.times > 0 && refusing.path.test(request.url ?? '')) {
      refusing.times -= 1;
      response.writeHead(503).end();
      return;
    }
    void pass(target, request).then(
      async (answer) => response.writeHead(answer.status, headersOf(answer)).end(await answer.text()),
      () => response.writeHead(502).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    refuse: (path: RegExp, times: number) => {
      refusing = { path, times };
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function pass(target: string, request: IncomingMessage): Promise<Response> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const kept = ['apikey', 'authorization', 'content-type', 'accept', 'prefer', 'accept-profile', 'content-profile'];
  const headers = kept.flatMap((name) => (request.headers[name] ? [[name, String(request.headers[name])]] : []));
  const { method = 'GET' } = request;
  const body = method === 'GET' || method === 'HEAD' ? {} : { body: Buffer.concat(chunks) };
  return fetch(target + request.url, { method, headers: headers as [string, string][], ...body });
}

const headersOf = (answer: Response) => ({ 'content-type': answer.headers.get('content-type') ?? 'text/plain' });

const newStory = async () =>
  (await createStoriesRepository(store).createStory({ displayName: 'The Door', initialPrompt: 'A door.' })).id;

/** A run of a task of a lane, as a worker has it. */
async function claimed(payload: Record<string, unknown>, maxAttempts = 1): Promise<TaskLog> {
  const { logging } = dependencies;
  const storyId = await newStory();
  const { task } = await logging.repository.createTask({
    operation: 'RUN_WORKFLOW_TASK',
    storyId,
    payload,
    dispatch: 'queue',
    maxAttempts,
  });
  const claim = await logging.repository.claimTask({
    taskId: task.id,
    claimToken: randomUUID(),
    workerId: 'test',
    leaseMs: 15_000,
    resumable: true,
  });
  if (claim.outcome === 'refused') throw new Error(`The claim was refused: ${claim.reason}`);
  return logTaskStart(logging, { claimed: claim.task });
}

const constitution = { task: 'CREATE_CONSTITUTION' };
const eventsOf = async (taskId: string) =>
  (await dependencies.logging.repository.listRecentEvents(taskId, 100)).toReversed();

describe('a run', () => {
  test('that fails retryably with budget left goes back to its lane for a while', async () => {
    const log = await claimed(constitution, 2);
    const llm = createOfflineGateway({
      write: writeOffline,
      latencyMs: 0,
      fail: { step: 'constitution', call: 1, code: 'LLM_UNAVAILABLE' },
    });
    const { completion } = await runTask({ ...dependencies, llm }, log);
    expect(completion).toMatchObject({ outcome: 'retrying', task: { status: 'queued', attemptsSpent: 1 } });
    const wait = Date.parse(completion.task.availableAt) - Date.parse(completion.task.updatedAt);
    expect(wait).toBeGreaterThan(4_000);
    expect(wait).toBeLessThan(4_400);
  });

  test('that is drained goes back without an attempt spent', async () => {
    const log = await claimed(constitution);
    log.drain();
    const { completion } = await runTask(dependencies, log);
    expect(completion).toMatchObject({ outcome: 'released', task: { status: 'queued', attemptsSpent: 0 } });
  });

  test('that was cancelled in the store stops before its first call', async () => {
    const log = await claimed(constitution);
    await dependencies.logging.repository.cancelTask(log.task.id, 'No need');
    const { completion } = await runTask(dependencies, log);
    expect(completion.task).toMatchObject({ status: 'cancelled', inputTokens: 0 });
  });

  test('that ends before its cancellation is found is cancelled all the same: the row decides', async () => {
    const log = await claimed(constitution);
    const { completion } = await runTask(dependencies, log, ({ persisted }) => {
      if (persisted) void dependencies.logging.repository.cancelTask(log.task.id);
    });
    const { status } = await dependencies.logging.repository.getTask(log.task.id);
    expect(status).toBe(completion.task.status);
    expect((await eventsOf(log.task.id)).filter((event) => event.status === status)).toHaveLength(1);
  });

  test('with a payload that its operation does not take fails with words for its author', async () => {
    const log = await claimed({ task: 'CREATE_MAGIC' });
    const { completion } = await runTask(dependencies, log);
    expect(completion.task).toMatchObject({ status: 'failed', errorCode: 'VALIDATION_FAILED' });
    expect(completion.task.errorMessage).toContain('payload.task');
  });

  test('that takes too long fails with TIMEOUT', async () => {
    const llm = createOfflineGateway({ write: writeOffline, latencyMs: 60_000 });
    const { completion } = await runTask({ ...dependencies, llm, timeoutSeconds: 0.3 }, await claimed(constitution));
    expect(completion.task).toMatchObject({ status: 'failed', errorCode: 'TIMEOUT' });
  });
});

describe('an outage of the store', () => {
  test.each([
    ['while a document is persisted', /save_story_work/, 7],
    ['while the run asks whether to go on', /append_story_task_events/, 5],
    ['at the end of the run', /finish_story_task/, 4],
  ])('%s is waited out: nothing is paid for twice, and events stay gapless', async (_, path, times) => {
    const log = await claimed(constitution);
    proxy.refuse(path, times);
    const { completion } = await runTask(dependencies, log);
    expect(completion.task).toMatchObject({ status: 'succeeded', result: { llmCalls: 1, generated: 1 } });
    const events = await eventsOf(log.task.id);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index + 1));
    expect(events.flatMap(({ status }) => status ?? [])).toEqual(['queued', 'running', 'succeeded']);
  });
});
