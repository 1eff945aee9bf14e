/** A task that this very process runs: no queue, no Redis, the same record as any other. */
import { hostname } from 'node:os';
import { operations, type TaskRecord } from '@story-tasks/contracts';
import type { Host, Output } from '@story-tasks/contracts/terminal';
import { createBundleStore, createStoryTasksRepository, type PreparableBundleStore } from '@story-tasks/supabase';
import { createGateway, llmSettings } from '../llm/createGateway.ts';
import { writeOffline } from '../offline/writeOffline.ts';
import { type RunDependencies, runTask } from '../runTask.ts';
import { createStoryWorkStore } from '../storyWorkStore.ts';
import { createTaskLogging, logTaskStart, type TaskStart } from '../task-logging/index.ts';
import { Interruption } from './interruption.ts';
import { createProgress } from './progress.ts';
import { openStore, readSettings, runSettings } from './settings.ts';

export type DirectTask = Omit<Extract<TaskStart, { storyId: string }>, 'workerId'>;

export interface DirectRun {
  /** The row as the run's end left it. */
  readonly task: TaskRecord;
  readonly bundles: PreparableBundleStore;
}

/**
 * Puts the task on record, runs it and writes its end; a signal cancels it.
 * @throws SettingsError, ValidationError, StoryNotFoundError, StoreUnavailableError; RunCancelledError when it was
 *   cancelled before it began
 */
export async function runDirectly(host: Host, out: Output, direct: DirectTask): Promise<DirectRun> {
  const { bundles, ...parts } = wire(host);
  const { clock } = parts.logging;
  const { timeoutSeconds } = operations[direct.operation].defaults;
  if (direct.operation === 'BUILD_PLAYER_BUNDLE') await bundles.prepare();
  const progress = createProgress(host, out.json, clock);
  const interruption = new Interruption(host, clock, (message) => progress.say(message));
  try {
    const log = await logTaskStart(parts.logging, { ...direct, workerId: `cli:${hostname()}:${process.pid}` });
    progress.say(`Task ${log.task.id}`);
    interruption.watch(log);
    const { completion } = await runTask({ ...parts, bundles, timeoutSeconds }, log, (event) => progress.event(event));
    return { task: completion.task, bundles };
  } finally {
    interruption.end();
    progress.end();
  }
}

function wire(host: Host): Omit<RunDependencies, 'timeoutSeconds'> & { bundles: PreparableBundleStore } {
  const settings = readSettings(runSettings, host.env);
  const store = openStore(host.env);
  return {
    work: (run) => createStoryWorkStore(store, run),
    logging: createTaskLogging(createStoryTasksRepository(store)),
    llm: createGateway(llmSettings(settings), writeOffline),
    bundles: createBundleStore(settings.BUNDLE_STORE, { client: store.client }),
    // A direct task has a budget of one attempt: whoever started it decides about another.
    retryAfterMs: () => 0,
  };
}
