/** A whole system of a test's own: real Redis, Supabase Lite, API, worker and operator, as processes. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CreateTaskInput,
  createClient,
  type GetTaskAnswer,
  isTerminal,
  type Operation,
  type StoryTasksClient,
} from '@story-tasks/client/source';
import {
  connectStore,
  createStoriesRepository,
  createStoryTasksRepository,
  type StoriesRepository,
  type StoryTasksRepository,
} from '@story-tasks/supabase';
import { freePort } from '@story-tasks/supabase/lite';
import { type Services, startServices } from '../src/services.ts';

/** Planted wherever a secret could be; nothing may ever print it. */
export const canary = 'canary-9f3b1c-must-not-show';

/** The calls of nearly every test in a line each. None is made again: what the API answers is what is looked at. */
interface TestCalls {
  createStory(displayName: string, initialPrompt: string): Promise<string>;
  createTask(operation: Operation, storyId: string, options?: object, attempts?: number): Promise<string>;
  getTask(taskId: string): Promise<GetTaskAnswer>;
  /** @returns the HTTP status: 200 cancelled, 202 being cancelled */
  cancelTask(taskId: string, reason: string): Promise<number>;
}

export interface System extends Services {
  readonly client: TestCalls;
  /** The client as its users have it, but for retries, which are off. */
  readonly api: StoryTasksClient;
  readonly tasks: StoryTasksRepository;
  readonly stories: StoriesRepository;
  /** The variables that the processes share, for one more. */
  readonly environment: Readonly<Record<string, string>>;
  /** Everything that the processes logged. */
  allLogs(): Promise<string>;
}

export async function startSystem(offlineLatencyMs = 0): Promise<System> {
  const stateDir = await mkdtemp(join(tmpdir(), 'story-tasks-system-'));
  const settings = { apiPort: await freePort(), stateDir, promptFile: undefined, offlineLatencyMs };
  const services = await startServices(settings, () => undefined, new AbortController().signal);
  // A test that takes a process away is not to be ended by that.
  services.failure.catch(() => undefined);
  const env = await readFile(services.environmentFile, 'utf8');
  const environment = Object.fromEntries(
    [...env.matchAll(/export (\w+)='(.*)'/g)].map(([, name, value]) => [name, value]),
  );
  const store = connectStore({ url: environment['SUPABASE_URL'], secretKey: environment['SUPABASE_SECRET_KEY'] });
  const api = createClient({ url: services.apiUrl, retries: 0 });
  return {
    ...services,
    client: testCalls(api),
    api,
    tasks: createStoryTasksRepository(store),
    stories: createStoriesRepository(store),
    environment,
    allLogs: () => readLogs(services.logs),
    async stop() {
      await services.stop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

function testCalls(api: StoryTasksClient): TestCalls {
  return {
    createStory: async (displayName, initialPrompt) => (await api.createStory({ displayName, initialPrompt })).storyId,
    async createTask(operation, storyId, options = {}, attempts) {
      const request = { operation, storyId, options, attempts } as CreateTaskInput;
      return (await api.create(request)).taskId;
    },
    getTask: (taskId) => api.get(taskId, { limit: 100 }),
    cancelTask: async (taskId, reason) => ((await api.cancel(taskId, { reason })).outcome === 'cancelled' ? 200 : 202),
  };
}

async function readLogs(folder: string): Promise<string> {
  const files = await readdir(folder);
  return (await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))).join('\n');
}

export const ended = ({ task }: GetTaskAnswer): boolean => isTerminal(task.status);

/** In the middle of its model call: the step was announced, and the call takes longer than the test looks. */
export const inCall = ({ events }: GetTaskAnswer): boolean =>
  events.some((event) => event.payload?.['phase'] === 'generating');

/** Waits until a task is as wanted. @throws Error that shows the task as it is when that takes too long */
export async function waitForTask(
  system: System,
  taskId: string,
  wanted: (answer: GetTaskAnswer) => boolean,
  limitMs = 30_000,
): Promise<GetTaskAnswer> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const answer = await system.client.getTask(taskId);
    if (wanted(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`Not as wanted after ${limitMs} ms: ${JSON.stringify(answer, null, 1)}`);
    await sleep(10);
  }
}
