/** Traces, from a request to the model call that came of it, as a collector receives them from the processes. */
import { randomBytes } from 'node:crypto';
import { freePort } from '@story-tasks/supabase/lite';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { type Collector, type ReceivedSpan, startCollector } from './collector.ts';
import { onLane, post, taskIdIn } from './httpCalls.ts';
import { canary, ended, inCall, type System, startSystem, waitForTask } from './system.ts';

/** Spans go out every five seconds. */
const sent = { timeout: 15_000 };

/** A system that traces, for the tests that look at traces. */
let traced: { readonly system: System; readonly collector: Collector };
beforeAll(async () => {
  const collector = await startCollector();
  traced = { collector, system: await startWith({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }) };
});
afterAll(async () => {
  await traced.system.stop();
  await traced.collector.stop();
});

/** What a test has started for itself alone. */
const own: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const started of own.splice(0).reverse()) await started.stop();
});

/** A system whose processes have these variables. */
async function startWith(env: Record<string, string>): Promise<System> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  return startSystem().finally(() => vi.unstubAllEnvs());
}

async function startOwn(env: Record<string, string>): Promise<System> {
  const system = await startWith(env);
  own.push(system);
  return system;
}

async function startOwnCollector(options?: { answers: boolean }): Promise<Collector> {
  const collector = await startCollector(options);
  own.push(collector);
  return collector;
}

/** The spans of a trace by their names, once they are as many as wanted. */
async function trace(from: Collector, traceId: string, count: number): Promise<ReceivedSpan[]> {
  const spans = () => from.spans().filter((span) => span.traceId === traceId);
  await expect.poll(() => spans().length, sent).toBeGreaterThanOrEqual(count);
  return spans();
}

function named(spans: readonly ReceivedSpan[], name: string): ReceivedSpan[] {
  return spans.filter((span) => span.name === name);
}

function only(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const found = named(spans, name);
  if (found.length === 1 && found[0]) return found[0];
  throw new Error(`${found.length} spans are named ${name}: ${spans.map((span) => span.name).join(', ')}`);
}

const createStory = (of: System) => of.client.createStory(`A fox ${canary}`, `A fox crosses a frozen lake. ${canary}`);

test('request, job, run and model call are one trace, and it carries neither prompt nor key', async () => {
  const storyId = await createStory(traced.system);
  const [traceId, callerSpanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  const body = { operation: 'RUN_WORKFLOW_TASK', storyId, options: { task: 'CREATE_CONSTITUTION' } };
  const traceparent = `00-${traceId}-${callerSpanId}-01`;
  const taskId = taskIdIn(await post(traced.system, '/api/story-tasks', body, { traceparent }));
  const { task } = await waitForTask(traced.system, taskId, ended);

  const spans = await trace(traced.collector, traceId, 4);
  const request = only(spans, 'POST /api/story-tasks');
  const job = only(spans, 'enqueue RUN_WORKFLOW_TASK');
  const run = only(spans, 'run RUN_WORKFLOW_TASK');
  const call = only(spans, 'chat offline-storyteller');
  const chain = [request, job, run, call];
  expect(chain.map(({ parentSpanId }) => parentSpanId)).toEqual([
    callerSpanId,
    ...[request, job, run].map(({ spanId }) => spanId),
  ]);
  expect(chain.map(({ service, kind }) => `${service} ${kind}`)).toEqual([
    'story-tasks-api server',
    'story-tasks-api producer',
    'story-tasks-worker consumer',
    'story-tasks-worker client',
  ]);
  expect(request.attributes).toMatchObject({ 'http.route': '/api/story-tasks', 'http.response.status_code': 201 });
  expect(run.attributes).toMatchObject({
    'story_tasks.task_id': taskId,
    'story_tasks.attempt': 1,
    'story_tasks.outcome': 'succeeded',
  });
  expect(call.attributes).toMatchObject({
    'gen_ai.request.model': 'offline-storyteller',
    'gen_ai.usage.input_tokens': task.inputTokens,
    'gen_ai.usage.output_tokens': task.outputTokens,
    'story_tasks.outcome': 'ok',
  });
  console.log(chain.map(({ service, kind, name }) => `${kind} ${name} (${service})`).join(' → '));
  const logged = (await traced.system.allLogs()).split('\n').filter((line) => line.includes(traceId));
  const messages = logged.map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(messages.toSorted()).toEqual(['request', 'run ended', 'run started']);
  expect(traced.collector.bytes()).not.toContain(canary);
  expect(traced.collector.bytes()).not.toMatch(/sb_secret_|frozen lake|healthz|readyz/);
});

test('a run that is tried again stays in its trace, and its failure is told by its code alone', async () => {
  await traced.system.replaceWorker({
    OTEL_EXPORTER_OTLP_ENDPOINT: traced.collector.url,
    OFFLINE_FAIL: 'constitution:1:LLM_UNAVAILABLE',
  });
  const storyId = await createStory(traced.system);
  const taskId = await traced.system.client.createTask('REGENERATE_CONSTITUTION', storyId, {}, 2);
  await waitForTask(traced.system, taskId, ended);
  const ofTask = () =>
    traced.collector.spans().filter(({ attributes }) => attributes['story_tasks.task_id'] === taskId);
  await expect.poll(() => ofTask().length, sent).toBe(3);
  const job = only(ofTask(), 'enqueue REGENERATE_CONSTITUTION');
  const runs = named(ofTask(), 'run REGENERATE_CONSTITUTION');
  expect(runs.map((run) => [run.traceId, run.parentSpanId])).toEqual([1, 2].map(() => [job.traceId, job.spanId]));
  expect(runs.map(({ attributes }) => attributes['story_tasks.outcome'])).toEqual(['retrying', 'succeeded']);
  expect(runs[0]?.status).toEqual({ code: 2, message: 'LLM_UNAVAILABLE' });
  const calls = named(await trace(traced.collector, job.traceId, 6), 'chat offline-storyteller');
  expect(calls.map(({ status }) => status.message)).toEqual(['LLM_UNAVAILABLE', undefined]);
});

test('a job that the reconciler adds begins a trace of its own', async () => {
  const { task } = await traced.system.tasks.createTask({
    operation: 'REGENERATE_CONSTITUTION',
    storyId: await createStory(traced.system),
    dispatch: 'queue',
  });
  await waitForTask(traced.system, task.id, ended);
  const ofTask = () =>
    traced.collector.spans().filter(({ attributes }) => attributes['story_tasks.task_id'] === task.id);
  await expect.poll(() => ofTask().length, sent).toBe(2);
  const job = only(ofTask(), 'enqueue REGENERATE_CONSTITUTION');
  expect(job).toMatchObject({ service: 'story-tasks-operator' });
  expect(job.parentSpanId ?? '').toBe('');
  expect(only(ofTask(), 'run REGENERATE_CONSTITUTION')).toMatchObject({
    traceId: job.traceId,
    parentSpanId: job.spanId,
  });
});

test('a collector that is away disturbs no run, and is told of once, without its key', async () => {
  const refused = await freePort();
  const started = await startOwn({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://user:${canary}@127.0.0.1:${refused}`,
    OTEL_EXPORTER_OTLP_TIMEOUT: '500',
  });
  const away = async () => (await started.allLogs()).match(/"component":"worker"[^\n]*the trace collector is away/g);
  const make = async () => {
    const taskId = await started.client.createTask(
      'REGENERATE_CONSTITUTION',
      await started.client.createStory('F', 'A fox.'),
    );
    return waitForTask(started, taskId, ended);
  };
  expect((await make()).task.status).toBe('succeeded');
  await expect.poll(async () => (await away())?.length, sent).toBe(1);
  expect((await make()).task.status).toBe('succeeded');
  await started.worker().stop();
  expect((await away())?.length).toBe(1);
  expect(await started.allLogs()).not.toContain(canary);
});

test('a collector that never answers holds no shutdown up for longer than a second', async () => {
  const collector = await startOwnCollector({ answers: false });
  const started = await startOwn({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  const taskId = await started.client.createTask('REGENERATE_CONSTITUTION', await createStory(started));
  await waitForTask(started, taskId, ended);
  const startedAt = performance.now();
  await started.worker().stop();
  const tookMs = performance.now() - startedAt;
  console.log(`with a collector that never answers the worker stopped in ${Math.round(tookMs)} ms`);
  expect(collector.bytes()).toContain('resourceSpans');
  expect(tookMs).toBeLessThan(3_000);
});

test('unless a collector is named nothing is traced, whatever else is set', async () => {
  const collector = await startOwnCollector();
  const started = await startOwn({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces` });
  await started.replaceWorker({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces`,
    OFFLINE_LATENCY_MS: '60000',
  });
  const taskId = await started.client.createTask('REGENERATE_CONSTITUTION', await createStory(started));
  await waitForTask(started, taskId, inCall);
  const job = await onLane(started, 'REGENERATE_CONSTITUTION', (lane) => lane.getJob(taskId));
  expect(job?.opts).not.toHaveProperty('telemetry');
  await started.client.cancelTask(taskId, 'seen');
  await waitForTask(started, taskId, ended);
  await started.worker().stop();
  const logs = await started.allLogs();
  expect(collector.bytes()).toBe('');
  expect(logs).toContain('run started');
  expect(logs).not.toContain('traceId');
});
