/** `make demo`: a prompt becomes a playable story, as durable tasks; then one task is cancelled in mid-call. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type CreateTaskInput, createClient, type StoryTasksClient, type TaskEvent } from '@story-tasks/client/source';
import { createStoryRequestSchema, fieldErrors, type Operation, type WorkflowTask } from '@story-tasks/contracts';
import { z } from 'zod';
import { createLiveView, type LiveView } from './liveView.ts';
import { type Services, startServices } from './services.ts';
import { type DevSettings, devSettings } from './settings.ts';
import { rejection, untilSignal } from './signals.ts';

const writerSchema = z.object({ provider: z.string(), model: z.string() });

const examples = fileURLToPath(new URL('../../examples', import.meta.url));

/** Long enough for the bars to be seen moving, short enough for a demo. */
const demoLatencyMs = 120;
const slowLatencyMs = 10_000;
const taskTimeoutMs = 30 * 60_000;

interface Step {
  readonly label: string;
  readonly operation: Operation;
  readonly task?: WorkflowTask;
}

/** Steps of one stage run side by side, each in its lane; a stage begins when the one before has ended. */
const stages: readonly (readonly Step[])[] = [
  [{ label: 'Constitution', operation: 'RUN_WORKFLOW_TASK', task: 'CREATE_CONSTITUTION' }],
  [{ label: 'Constitution, regenerated', operation: 'REGENERATE_CONSTITUTION' }],
  [{ label: 'Interactive script', operation: 'RUN_WORKFLOW_TASK', task: 'CREATE_INTERACTIVE_SCRIPT' }],
  [
    { label: 'Visual design', operation: 'RUN_WORKFLOW_TASK', task: 'CREATE_VISUAL_DESIGN' },
    { label: 'Audio design', operation: 'RUN_WORKFLOW_TASK', task: 'CREATE_AUDIO_DESIGN' },
  ],
  [{ label: 'Shot list', operation: 'RUN_WORKFLOW_TASK', task: 'CREATE_SHOT_LIST' }],
  [{ label: 'Player bundle', operation: 'BUILD_PLAYER_BUNDLE' }],
];

interface Premise {
  readonly name: string;
  readonly text: string;
}

/**
 * A short first line with an empty one below it is the story's name; else the file's name is.
 * @throws Error in words, before anything is started, when the file is no premise
 */
async function readPremise(file: string | undefined): Promise<Premise> {
  const chosen =
    file ?? join(examples, (await readdir(examples)).filter((name) => name.endsWith('.txt')).sort()[0] ?? '');
  const text = await readFile(chosen, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`PROMPT=${chosen} cannot be read (${error.code}).`);
  });
  const premise = namedPremise(text.trim(), basename(chosen, '.txt'));
  const checked = createStoryRequestSchema.safeParse({ displayName: premise.name, initialPrompt: premise.text });
  if (checked.success) return premise;
  const faults = fieldErrors(checked.error).map(({ path, message }) => `${path}: ${message}`);
  throw new Error(`PROMPT=${chosen} is no premise. ${faults.join('; ')}`);
}

function namedPremise(text: string, fileName: string): Premise {
  const titled = /^([^\n]{1,80})\n\s*\n(.+)$/s.exec(text);
  if (titled?.[1] && titled[2]) return { name: titled[1].trim(), text: titled[2].trim() };
  const name = fileName.replaceAll(/[-_]+/g, ' ').slice(0, 80);
  return { name: name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase()), text };
}

/** Shows a task to its end. @returns its last event */
async function follow(client: StoryTasksClient, view: LiveView, label: string, taskId: string): Promise<TaskEvent> {
  let last: TaskEvent | undefined;
  for await (const event of client.watch(taskId, { signal: AbortSignal.timeout(taskTimeoutMs) })) {
    view.show(label, event);
    last = event;
  }
  if (last === undefined) throw new Error(`Task ${taskId} has no events.`);
  return last;
}

async function runStep(client: StoryTasksClient, view: LiveView, storyId: string, step: Step): Promise<TaskEvent> {
  const { label, operation, task } = step;
  const request = { operation, storyId, options: task === undefined ? {} : { task } } as CreateTaskInput;
  const { taskId } = await client.create(request);
  const end = await follow(client, view, label, taskId);
  if (end.status === 'succeeded') return end;
  const { errorCode, errorMessage } = (await client.get(taskId)).task;
  throw new Error(`${label} ended ${end.status}${errorCode === null ? '' : ` (${errorCode}: ${errorMessage ?? ''})`}.`);
}

/** @returns the path of the bundle, which the last event of the last step tells */
async function makeStory(client: StoryTasksClient, storyId: string): Promise<string> {
  const view = createLiveView();
  let last: TaskEvent | undefined;
  for (const stage of stages) {
    const ended = await Promise.all(stage.map((step) => runStep(client, view, storyId, step)));
    last = ended.at(-1);
  }
  view.done();
  return String(last?.payload?.['bundlePath'] ?? '');
}

/** Starts a task whose model call would take long, cancels it in the middle of that call, and times the stop. */
async function cancelInMidCall(client: StoryTasksClient, storyId: string): Promise<void> {
  const view = createLiveView();
  const { taskId } = await client.create({ operation: 'REGENERATE_CONSTITUTION', storyId });
  const called = Promise.withResolvers<void>();
  const ended = (async () => {
    for await (const event of client.watch(taskId)) {
      view.show('Constitution, cancelled', event);
      if (event.payload?.['phase'] === 'generating') called.resolve();
    }
    return performance.now();
  })();
  await Promise.race([called.promise, ended]);
  const { outcome } = await client.cancel(taskId, { reason: 'shown in the demo' });
  const answeredAt = performance.now();
  const stoppedMs = Math.round((await ended) - answeredAt);
  view.done();
  const { status, cancelRequestedAt, finishedAt } = (await client.get(taskId)).task;
  const recordedMs = Date.parse(finishedAt ?? '') - Date.parse(cancelRequestedAt ?? '');
  console.log(
    `\nCancel answered ${outcome === 'cancelled' ? 200 : 202}; the task was ${status} ${stoppedMs} ms later (in the record: ${recordedMs} ms after the request).`,
  );
  if (status !== 'cancelled') throw new Error('The task ended before it could be cancelled.');
}

async function demo(services: Services, premise: Premise, byModel: boolean): Promise<void> {
  const client = createClient({ url: services.apiUrl });
  const { storyId } = await client.createStory({ displayName: premise.name, initialPrompt: premise.text });
  console.log(`\n"${premise.name}", story ${storyId}\n`);
  const bundlePath = await makeStory(client, storyId);
  if (!byModel) {
    console.log('\nNow a worker whose model takes 10 s a call, and a task that is cancelled in mid-call:\n');
    await services.replaceWorker({ OFFLINE_LATENCY_MS: String(slowLatencyMs) });
  }
  await cancelInMidCall(client, storyId);
  console.log(`\nPlay the story: open this file in a browser\n  ${bundlePath}\n  ${pathToFileURL(bundlePath).href}\n`);
}

/** Who writes, as the worker itself says it. */
async function usesModel(services: Services): Promise<boolean> {
  const health = await (await fetch(services.workerHealthUrl())).json();
  const { provider, model } = writerSchema.parse(health);
  const offline = provider === 'offline';
  console.log(offline ? '\nNo model: the offline storyteller writes.' : `\n${provider} writes, with ${model}.`);
  return !offline;
}

async function main(settings: DevSettings, signal: AbortSignal): Promise<void> {
  const premise = await readPremise(settings.promptFile);
  const offlineLatencyMs = settings.offlineLatencyMs ?? demoLatencyMs;
  const tell = (line: string) => console.log(`  ${line}`);
  const services = await startServices({ ...settings, offlineLatencyMs }, tell, signal);
  try {
    await Promise.race([demo(services, premise, await usesModel(services)), rejection(signal), services.failure]);
  } finally {
    await services.stop();
  }
  console.log('All services are stopped.');
}

try {
  await main(devSettings(), untilSignal());
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
