import {
  LlmError,
  type LlmGateway,
  RunCancelledError,
  type RunOutcome,
  ShutdownError,
} from '@story-tasks/agent-backend';
import type { TaskRecord } from '@story-tasks/contracts';
import { Metrics } from '@story-tasks/runtime';
import { beforeEach, expect, test } from 'vitest';
import { type ObservedRun, RunObserver } from './runObserver.ts';

const operation = 'REGENERATE_CONSTITUTION';
const at = (seconds: number) => new Date(Date.UTC(2026, 10, 22, 12, 0, seconds)).toISOString();
const row = (changes: Partial<TaskRecord> = {}) =>
  ({
    id: 't',
    operation,
    dispatch: 'queue',
    status: 'running',
    attempt: 1,
    availableAt: at(0),
    updatedAt: at(0),
    errorCode: null,
    cancelRequestedAt: null,
    finishedAt: null,
    ...changes,
  }) as TaskRecord;

let now: number;
let slots: number;
let metrics: Metrics;
let observer: RunObserver;
let call: LlmGateway['generate'];
beforeEach(() => {
  now = 1_000;
  slots = 2;
  metrics = new Metrics();
  const llm: LlmGateway = {
    provider: 'offline',
    model: 'm',
    offline: true,
    generate: (request) => call(request),
  };
  observer = new RunObserver({ metrics, llm, slots: () => slots, now: () => now });
});

/** The value of a series whose labels, besides the operation, are these. */
async function value(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
  const { text } = await metrics.expose();
  const wanted = Object.entries({ operation, ...labels }).map(([label, is]) => `${label}="${is}"`);
  const line = text
    .split('\n')
    .find((found) => found.startsWith(`${name}{`) && wanted.every((part) => found.includes(part)));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
}

const outcomeOf = (outcome: string, task: TaskRecord = row()) =>
  ({ completion: { outcome, task }, endedAt: now }) as RunOutcome;
const run = (work: (observed: ObservedRun) => void | Promise<void>) => observer.run(row(), async (it) => work(it));

test.each([
  ['finished', row({ status: 'succeeded' }), 'succeeded'],
  ['finished', row({ status: 'failed', errorCode: 'TIMEOUT' }), 'failed'],
  ['cancelled', row({ status: 'cancelled' }), 'cancelled'],
  ['retrying', row({ status: 'queued', errorCode: 'LLM_TIMEOUT' }), 'retrying'],
  ['released', row({ status: 'queued' }), 'released'],
  ['stale', row(), 'stale'],
])('a run whose end is answered %s is timed under its own status', async (outcome, task, status) => {
  await run((observed) => {
    now += 2_500;
    observed.ended(outcomeOf(outcome, task));
  });
  expect(await value('story_tasks_run_seconds_sum', { status })).toBe(2.5);
  expect(await value('story_tasks_run_seconds_count', { status })).toBe(1);
});

test('a run whose end could not be written is timed as that, and what it threw is thrown on', async () => {
  const thrown = new Error('the store is away');
  await expect(run(() => Promise.reject(thrown))).rejects.toBe(thrown);
  expect(await value('story_tasks_run_seconds_count', { status: 'unwritten' })).toBe(1);
  expect(await value('story_tasks_worker_slots', { state: 'busy' })).toBe(0);
});

test('slots are busy while runs are under way, and none is free any more once the process stops', async () => {
  const states = async () => [
    await value('story_tasks_worker_slots', { state: 'busy' }),
    await value('story_tasks_worker_slots', { state: 'free' }),
  ];
  expect(await states()).toEqual([0, 2]);
  await run(async () => {
    expect(await states()).toEqual([1, 1]);
    slots = 0;
    expect(await states()).toEqual([1, 0]);
  });
  expect(await states()).toEqual([0, 0]);
});

test('the run that has been silent longest is told, and silence ends with an event', async () => {
  const silent = () => value('story_tasks_running_silent_seconds');
  expect(await silent()).toBe(0);
  await run(async (first) => {
    now += 4_000;
    await run(async (second) => {
      now += 1_000;
      expect(await silent()).toBe(5);
      first.told();
      expect(await silent()).toBe(1);
      second.told();
      expect(await silent()).toBe(0);
    });
  });
});

test('of a cancelled run it is told how long its code went on', async () => {
  const controller = new AbortController();
  await run((observed) => {
    observed.begun(controller);
    now += 3_000;
    controller.abort(new RunCancelledError());
    now += 20;
    const outcome = outcomeOf('cancelled', row({ status: 'cancelled' }));
    now += 500;
    observed.ended(outcome);
  });
  expect(await value('story_tasks_cancel_seconds_sum', { phase: 'abort' })).toBe(0.02);
});

test('a run that was aborted for another reason, or cancelled when its code had ended, broke nothing off', async () => {
  for (const [reason, late] of [
    [new ShutdownError(), false],
    [new RunCancelledError(), true],
  ] as const) {
    const controller = new AbortController();
    await run((observed) => {
      observed.begun(controller);
      const outcome = outcomeOf('cancelled', row({ status: 'cancelled' }));
      if (late) now += 10;
      controller.abort(reason);
      observed.ended(outcome);
    });
  }
  expect(await value('story_tasks_cancel_seconds_count', { phase: 'abort' })).toBe(undefined);
});

test('how long a task waited, and how long its cancellation took, the record says', async () => {
  observer.changed('claimed', row({ availableAt: at(1), updatedAt: at(8) }));
  observer.changed('ended', row({ status: 'cancelled', cancelRequestedAt: at(10), finishedAt: at(12) }));
  expect(await value('story_tasks_queue_wait_seconds_sum')).toBe(7);
  expect(await value('story_tasks_cancel_seconds_sum', { phase: 'terminal' })).toBe(2);
});

test('ends count by status, failures by code, and a direct task by neither', async () => {
  observer.changed('retrying', row({ status: 'queued', errorCode: 'LLM_TIMEOUT' }));
  observer.changed('ended', row({ status: 'failed', errorCode: 'LLM_TIMEOUT' }));
  observer.changed('ended', row({ status: 'failed', errorCode: 'what a plain caller wrote' }));
  observer.changed('ended', row({ status: 'failed', errorCode: 'TIMEOUT', dispatch: 'direct' }));
  expect(await value('story_tasks_finished_total', { status: 'failed' })).toBe(2);
  expect(await value('story_tasks_errors_total', { code: 'LLM_TIMEOUT' })).toBe(2);
  expect(await value('story_tasks_errors_total', { code: 'INTERNAL' })).toBe(1);
  expect(await value('story_tasks_errors_total', { code: 'TIMEOUT' })).toBe(undefined);
});

type Generate = Parameters<LlmGateway['generate']>[0];
const usage = { inputTokens: 30, outputTokens: 12 };

/** One model call in a run, that takes a second and a half. */
function ask(end: () => unknown, signal = new AbortController().signal): Promise<unknown> {
  call = (async () => {
    now += 1_500;
    return end();
  }) as LlmGateway['generate'];
  return observer.run(row(), ({ llm }) => llm.generate({ step: 'constitution', signal } as Generate));
}
const thrown = (error: unknown) => () => {
  throw error;
};

test('a model call is counted and timed, with the tokens it took, and its reply is passed on', async () => {
  expect(await ask(() => ({ value: 'a reply', usage }))).toEqual({ value: 'a reply', usage });
  expect(await value('story_tasks_llm_calls_total', { model: 'm', outcome: 'ok' })).toBe(1);
  expect(await value('story_tasks_llm_call_seconds_sum', { model: 'm' })).toBe(1.5);
  expect(await value('story_tasks_llm_tokens_total', { direction: 'input' })).toBe(30);
  expect(await value('story_tasks_llm_tokens_total', { direction: 'output' })).toBe(12);
});

test('a model call that failed is counted under its code, and its tokens were spent all the same', async () => {
  const error = new LlmError('LLM_INVALID_OUTPUT', 'no', { usage });
  await expect(ask(thrown(error))).rejects.toBe(error);
  expect(await value('story_tasks_llm_calls_total', { outcome: 'LLM_INVALID_OUTPUT' })).toBe(1);
  expect(await value('story_tasks_llm_tokens_total', { direction: 'output' })).toBe(12);
});

test('a model call that was broken off is counted as aborted, whatever it threw', async () => {
  const signal = AbortSignal.abort(new RunCancelledError());
  await expect(ask(thrown(new Error('socket hang up')), signal)).rejects.toThrow('socket hang up');
  expect(await value('story_tasks_llm_calls_total', { outcome: 'aborted' })).toBe(1);
  await expect(ask(thrown(new Error('canary')))).rejects.toThrow('canary');
  expect(await value('story_tasks_llm_calls_total', { outcome: 'INTERNAL' })).toBe(1);
  expect((await metrics.expose()).text).not.toContain('canary');
});
