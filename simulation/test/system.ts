/** API, workers and operators in one process and in virtual time, over the real record: what runs is their own code. */
import {
  createGateway,
  createStoryWorkStore,
  createTaskLogging,
  defaultBatcherSettings,
  type LlmGateway,
  type Step,
  writeOffline,
} from '@story-tasks/agent-backend';
import { type ApiDependencies, cancelTask, placeNewTask } from '@story-tasks/api';
import { type Operation, settingsOf, type TaskEvent, type TaskRecord, type WorkflowTask } from '@story-tasks/contracts';
import { VirtualClock, virtualWorld } from '@story-tasks/contracts/test';
import { everyTick, lostRuns, orphanedJobs, queuedRows, Reconciler } from '@story-tasks/operator';
import { createLogger, Metrics } from '@story-tasks/runtime';
import {
  connectStore,
  createReconcileRepository,
  createStoriesRepository,
  createStoryTasksRepository,
  type Store,
} from '@story-tasks/supabase';
import { processJob, RunningTasks, RunObserver, retryAfterMs } from '@story-tasks/worker';
import { SimulatedLanes } from './lanes.ts';
import { SimulatedProcess } from './process.ts';
import type { SimulatedRecord } from './record.ts';

export const leaseMs = 15_000;
export const tickMs = 2_000;
/** Of one model call. */
export const callMs = 3_000;

export interface LlmCall {
  readonly worker: string;
  readonly step: Step;
}

type ApiParts = Pick<ApiDependencies, 'tasks' | 'lanes' | 'logger' | 'publishCancellation'>;

export interface SimulatedApi {
  readonly process: SimulatedProcess;
  createStory(): Promise<string>;
  createTask(storyId: string, task: WorkflowTask): Promise<string>;
  cancel(taskId: string): Promise<string>;
  task(taskId: string): Promise<TaskRecord>;
  /** Oldest first. */
  events(taskId: string): Promise<TaskEvent[]>;
}

export class SimulatedSystem {
  readonly clock: VirtualClock;
  readonly lanes: SimulatedLanes;
  /** Every model call that was begun. */
  readonly llmCalls: LlmCall[] = [];
  /** False: messages to running workers are lost. */
  busWorks = true;
  readonly #record: SimulatedRecord;
  readonly #world: ReturnType<typeof virtualWorld>;
  readonly #logger = createLogger('simulation', 'silent');
  readonly #running: { process: SimulatedProcess; tasks: RunningTasks }[] = [];

  /** @param seed of chance; ids come from it, so that two systems over one record need two */
  constructor(record: SimulatedRecord, seed: number) {
    this.#record = record;
    this.clock = new VirtualClock(record.settle);
    this.#world = virtualWorld(this.clock, seed);
    record.setClock(this.clock);
    this.lanes = new SimulatedLanes(this.clock, (leaseMs * 2) / 3);
  }

  startWorker(name: string): SimulatedProcess {
    const process = this.#process();
    const { store, repository } = this.#storeOf(process);
    const running = new RunningTasks(process.clock);
    const llm = this.#countingGateway(name, process);
    const observer = new RunObserver({ metrics: new Metrics(), llm, slots: () => 1, now: () => process.clock.now() });
    const dependencies = {
      workerId: name,
      work: (run: Parameters<typeof createStoryWorkStore>[1]) => createStoryWorkStore(store, run),
      logging: createTaskLogging(repository, { ...defaultBatcherSettings, leaseMs }, process),
      llm,
      bundles: { put: () => Promise.reject(new Error('no bundle here')), get: () => Promise.resolve(null) },
      retryAfterMs: (spent: number) => retryAfterMs(spent, process.chance),
      running,
      slots: () => (running.draining ? 0 : 1),
      settings: (operation: Operation) => settingsOf({})[operation],
      observer,
      logger: this.#logger,
    };
    this.#running.push({ process, tasks: running });
    this.lanes.consume(process, (job) => processJob(dependencies, job));
    return process;
  }

  startOperator(): SimulatedProcess {
    const process = this.#process();
    const { store, repository } = this.#storeOf(process);
    const record = createReconcileRepository(store);
    const { lanes } = this;
    const now = process.clock.date;
    const parts = [
      lostRuns({ record, lanes, now }),
      queuedRows({ tasks: repository, lanes, now }),
      orphanedJobs({ record, lanes }),
    ];
    everyTick(new Reconciler(parts, this.#logger, () => undefined), tickMs, process.clock);
    return process;
  }

  /** A process of the API; it can be struck as any other. */
  startApi(): SimulatedApi {
    const process = this.#process();
    const { store, repository: tasks } = this.#storeOf(process);
    const dependencies: ApiParts = {
      tasks,
      lanes: this.lanes,
      logger: this.#logger,
      publishCancellation: async (taskId) => this.#publish(taskId),
    };
    return {
      process,
      createStory: async () => {
        const story = { displayName: 'A lamp', initialPrompt: 'A keeper finds the lamp already lit.' };
        return (await createStoriesRepository(store).createStory(story)).id;
      },
      createTask: (storyId, task) => createTask(dependencies, storyId, task),
      cancel: async (taskId) => (await cancelTask(dependencies, taskId, undefined)).outcome,
      task: (taskId) => tasks.getTask(taskId),
      events: (taskId) => tasks.listEventsAfter(taskId, 0, 1_000),
    };
  }

  /** Lets time pass until it is so. @throws Error when it is not after so much virtual time */
  async until(what: string, limitMs: number, isSo: () => Promise<boolean>): Promise<void> {
    const deadline = this.clock.now() + limitMs;
    while (!(await isSo())) {
      if (this.clock.now() > deadline) throw new Error(`Not so after ${limitMs} ms: ${what}`);
      await this.clock.pass(100);
    }
  }

  #process(): SimulatedProcess {
    return new SimulatedProcess(this.#world, this.#record.fetch);
  }

  #storeOf(process: SimulatedProcess): { store: Store; repository: ReturnType<typeof createStoryTasksRepository> } {
    const { url, secretKey } = this.#record;
    const store = connectStore({ url, secretKey, fetch: process.fetch, world: process });
    return { store, repository: createStoryTasksRepository(store) };
  }

  #countingGateway(worker: string, process: SimulatedProcess): LlmGateway {
    const settings = { provider: 'offline' as const, timeoutMs: 60_000, stream: false, offlineLatencyMs: callMs };
    const gateway = createGateway(settings, writeOffline, process);
    return {
      ...gateway,
      generate: (request) => {
        this.llmCalls.push({ worker, step: request.step });
        return gateway.generate(request);
      },
    };
  }

  #publish(taskId: string): void {
    if (!this.busWorks) return;
    for (const { process, tasks } of this.#running) process.whenAlive(() => tasks.cancel(taskId));
  }
}

async function createTask(parts: ApiParts, storyId: string, task: WorkflowTask): Promise<string> {
  const wanted = { operation: 'RUN_WORKFLOW_TASK' as const, storyId, payload: { task }, dispatch: 'queue' as const };
  const created = await parts.tasks.createTask(wanted);
  await placeNewTask(parts, created.task);
  return created.task.id;
}
