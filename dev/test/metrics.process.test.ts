/** What a real Prometheus knows of a system after a day's work in small, compared with what the record knows. */
import type { Operation, TaskRecord } from '@story-tasks/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventsOf, openStream } from './eventStreams.ts';
import { get, post, taskIdIn } from './httpCalls.ts';
import { lint, type Prometheus, startPrometheus } from './prometheus.ts';
import { ended, inCall, type System, startSystem, waitForTask } from './system.ts';

const lease = { LEASE_SECONDS: '3' };
/** Its third constitution fails, in a way that is worth another try. */
const quick = { ...lease, OFFLINE_FAIL: 'constitution:3:LLM_UNAVAILABLE' };
/** A call that outlasts every wait of the test. */
const endless = { ...lease, OFFLINE_LATENCY_MS: '60000', WORKER_CONCURRENCY: '2' };

let system: System;
let prometheus: Prometheus;
beforeAll(async () => {
  [system, prometheus] = await Promise.all([startSystem(), startPrometheus()]);
  const { api, operator } = system.opsUrls();
  await prometheus.add({ component: 'api', url: api });
  await prometheus.add({ component: 'operator', url: operator });
});
afterAll(async () => {
  await prometheus?.stop();
  await system?.stop();
});

const scrapeWorker = () => prometheus.add({ component: 'worker', url: system.opsUrls().worker });
const newStory = () => system.client.createStory('A fox', 'A fox crosses a frozen lake.');
const create = async (operation: Operation, options = {}, attempts?: number) =>
  system.client.createTask(operation, await newStory(), options, attempts);
const constitution = () => create('RUN_WORKFLOW_TASK', { task: 'CREATE_CONSTITUTION' });
const untilEnded = (taskId: string) => waitForTask(system, taskId, ended);

/** Waits until Prometheus has scraped a value. */
const scraped = (expression: string) =>
  expect.poll(() => prometheus.value(expression), { timeout: 20_000, message: expression });

/** What processes that have ended told last counts too: what they did stays done. */
const totals = (metric: string, label: string, where = '') =>
  prometheus.query(`sum by (${label}) (last_over_time(${metric}${where}[1h])) > 0`);

async function figures(metric: string, label: string, where = ''): Promise<Record<string, number>> {
  const samples = await totals(metric, label, where);
  return Object.fromEntries(samples.map(({ labels, value }) => [labels[label] ?? '', value]));
}

/** How many rows have each value. */
function counted(rows: readonly TaskRecord[], field: 'operation' | 'status'): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(rows, (row) => row[field])].map(([value, group]) => [value, group.length]));
}
const sum = (figures: readonly number[]) => figures.reduce((total, figure) => total + figure, 0);

async function tellFigures(): Promise<void> {
  const told = {
    created: await figures('story_tasks_created_total', 'operation'),
    finished: await figures('story_tasks_finished_total', 'status'),
    errors: await figures('story_tasks_errors_total', 'code'),
    cancelSeconds: await figures('story_tasks_cancel_seconds_sum', 'phase'),
    reconciled: await figures('story_tasks_reconciled_total', 'action'),
    tokens: await figures('story_tasks_llm_tokens_total', 'direction'),
  };
  console.log(`from Prometheus: ${JSON.stringify(told)}`);
}

async function quickWork(): Promise<void> {
  await system.replaceWorker(quick);
  await scrapeWorker();
  await untilEnded(await constitution());
  await untilEnded(await create('REGENERATE_CONSTITUTION'));
  const retried = await create('REGENERATE_CONSTITUTION', {}, 2);
  await untilEnded(await create('RUN_WORKFLOW_TASK', { task: 'CREATE_SHOT_LIST' }));
  const stream = openStream(system.apiUrl, retried);
  await untilEnded(retried);
  await Array.fromAsync(eventsOf(await stream));
  await scraped('sum(story_tasks_finished_total{component="worker"})').toBe(4);
}

/** Cancelled twice over before it could run: the second answer must not count again. */
async function cancelledBeforeItRan(): Promise<void> {
  const body = { operation: 'REGENERATE_CONSTITUTION', storyId: await newStory(), autoStart: false };
  const taskId = taskIdIn(await post(system, '/api/story-tasks', body));
  for (const _ of [1, 2]) expect(await system.client.cancelTask(taskId, 'no')).toBe(200);
}

async function cancelledInItsCall(): Promise<void> {
  const taskId = await create('REGENERATE_CONSTITUTION');
  await waitForTask(system, taskId, inCall);
  const slots = (state: string) => `story_tasks_worker_slots{operation="REGENERATE_CONSTITUTION", state="${state}"}`;
  await scraped(`max(${slots('busy')})`).toBe(1);
  expect(await prometheus.value(`min(${slots('free')})`)).toBe(1);
  await scraped('max(story_tasks_running_silent_seconds)').toBeGreaterThan(0.5);
  expect(await system.client.cancelTask(taskId, 'no')).toBe(202);
  await untilEnded(taskId);
  await scraped('sum(story_tasks_llm_calls_total{outcome="aborted"})').toBe(1);
}

/** Two in their calls when the worker is killed, one of which is then cancelled. @returns both */
async function lost(): Promise<string[]> {
  const ids = [await create('REGENERATE_CONSTITUTION'), await create('REGENERATE_CONSTITUTION')];
  for (const id of ids) await waitForTask(system, id, inCall);
  await scraped('sum(story_tasks_worker_slots{state="busy"})').toBe(2);
  await system.worker().kill();
  expect(await system.client.cancelTask(ids[1] ?? '', 'no')).toBe(202);
  return ids;
}

test('every component’s exposition passes Prometheus’ own check', async () => {
  for (const url of Object.values(system.opsUrls())) {
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toContain('text/plain');
    const text = await response.text();
    expect(lint(text)).toBe('');
    expect(text).toContain('process_cpu_seconds_total');
  }
  expect(lint('# TYPE wrong_total gauge\nwrong_total 1\n')).toContain('wrong_total');
});

test('after successes, a failure, a retry, cancellations and a lost worker, Prometheus knows what the record knows', async () => {
  await quickWork();
  await cancelledBeforeItRan();
  await system.replaceWorker(endless);
  await scrapeWorker();
  await cancelledInItsCall();
  const running = await lost();
  const waiting = [await constitution(), await constitution()];
  await scraped('story_tasks_queue_jobs{operation="RUN_WORKFLOW_TASK", state="waiting"}').toBe(2);
  await scraped('story_tasks_queue_oldest_waiting_seconds{operation="RUN_WORKFLOW_TASK"}').toBeGreaterThan(1);
  await scraped('story_tasks_reconciled_total{action="requeued"}').toBe(1);
  await system.addWorker(lease);
  await scrapeWorker();
  for (const id of [...running, ...waiting]) await untilEnded(id);
  await scraped('sum(last_over_time(story_tasks_finished_total[1h]))').toBe(10);

  const rows = (await system.tasks.listTasks({ limit: 100 })).tasks;
  expect(await figures('story_tasks_created_total', 'operation')).toEqual(counted(rows, 'operation'));
  expect(await figures('story_tasks_finished_total', 'operation')).toEqual(counted(rows, 'operation'));
  expect(await figures('story_tasks_finished_total', 'status')).toEqual(counted(rows, 'status'));
  expect(counted(rows, 'status')).toEqual({ succeeded: 6, failed: 1, cancelled: 3 });
  const cancelledBy = await figures('story_tasks_finished_total', 'component', '{status="cancelled"}');
  expect(cancelledBy).toEqual({ api: 1, worker: 1, operator: 1 });
  expect(await figures('story_tasks_errors_total', 'code')).toEqual({
    LLM_UNAVAILABLE: 1,
    PREREQUISITE_MISSING: 1,
    WORKER_LOST: 1,
  });
  const attempts = sum(rows.map(({ attempt }) => attempt));
  expect(await prometheus.value('sum(last_over_time(story_tasks_queue_wait_seconds_count[1h]))')).toBe(attempts);
  // Of the runs that were lost with their worker nobody knows how long they took.
  expect(await figures('story_tasks_run_seconds_count', 'status')).toEqual({
    succeeded: 6,
    failed: 1,
    retrying: 1,
    cancelled: 1,
  });
  expect(await figures('story_tasks_cancel_seconds_count', 'phase')).toEqual({ abort: 1, terminal: 2 });
  const outcomes = { ok: 6, LLM_UNAVAILABLE: 1, aborted: 1 };
  expect(await figures('story_tasks_llm_calls_total', 'outcome')).toEqual(outcomes);
  expect(await figures('story_tasks_llm_call_seconds_count', 'model')).toEqual({ 'offline-storyteller': 8 });
  expect(await figures('story_tasks_llm_tokens_total', 'direction')).toEqual({
    input: sum(rows.map(({ inputTokens }) => inputTokens)),
    output: sum(rows.map(({ outputTokens }) => outputTokens)),
  });
  expect(attempts).toBe(11);
  await tellFigures();
});

test('requests are told by their route’s pattern, and one that nobody answers by none', async () => {
  await get(system, '/api/stories/canary-in-a-path/bundle?key=canary');
  await get(system, '/canary');
  const count = (where: string) => prometheus.value(`sum(http_request_duration_seconds_count{${where}})`);
  await scraped('sum(http_request_duration_seconds_count{route="unmatched", status="404"})').toBe(1);
  expect(await count('method="POST", route="/api/story-tasks", status="201"')).toBe(10);
  expect(await count('method="POST", route="/api/story-tasks/:id/cancel", status="202"')).toBe(2);
  expect(await count('route="/api/stories/:id/bundle", status="422"')).toBe(1);
  // The stream was followed for seconds; it counts up to its beginning.
  const streamSeconds = 'sum(http_request_duration_seconds_sum{route="/api/story-tasks/:id/events"})';
  expect(await prometheus.value(streamSeconds)).toBeLessThan(1);
  for (const url of Object.values(system.opsUrls())) {
    expect(await (await fetch(`${url}/metrics`)).text()).not.toMatch(/canary|[0-9a-f]{8}-[0-9a-f]{4}-/);
  }
});

test('with Redis away the lanes have no figures rather than old ones, and what could not be queued counts as failed', async () => {
  await system.processes.redis.stop();
  const refused = { operation: 'REGENERATE_CONSTITUTION', storyId: await newStory() };
  expect((await post(system, '/api/story-tasks', refused)).status).toBe(500);
  await scraped('sum(story_tasks_errors_total{component="api", code="ENQUEUE_FAILED"})').toBe(1);
  await scraped('count({__name__=~"story_tasks_queue_(jobs|oldest_waiting_seconds)"})').toBe(undefined);
  expect(await prometheus.value('min(up{component=~"api|operator"})')).toBe(1);
  expect(await prometheus.value('sum(story_tasks_finished_total{component="api", status="failed"})')).toBe(1);
});
