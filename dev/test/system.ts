/** A whole system of a test's own: real Redis, Supabase Lite, API, worker and operator, as processes. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GetTaskAnswer, isTerminal } from '@story-tasks/contracts';
import {
  connectStore,
  createStoriesRepository,
  createStoryTasksRepository,
  type StoriesRepository,
  type StoryTasksRepository,
} from '@story-tasks/supabase';
import { freePort } from '@story-tasks/supabase/lite';
import { ApiClient } from '../src/apiClient.ts';
import { type Services, startServices } from '../src/services.ts';

/** Planted wherever a secret could be; nothing may ever print it. */
export const canary = 'canary-9f3b1c-must-not-show';

export interface System extends Services {
  readonly client: ApiClient;
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
  return {
    ...services,
    client: new ApiClient(services.apiUrl),
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
