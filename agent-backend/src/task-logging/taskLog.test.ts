/** One run on record: when it must stop, and what it may tell. */

import { settled, VirtualClock, virtualWorld } from '@story-tasks/contracts/test';
import { StoreUnavailableError } from '@story-tasks/supabase';
import { beforeEach, describe, expect, test } from 'vitest';
import { defaultBatcherSettings } from './eventBatcher.ts';
import { TaskLog } from './taskLog.ts';
import { createTaskLogging, type TaskLogging } from './taskLogging.ts';
import { ScriptedRepository, taskRecord } from './testing/scriptedRepository.ts';

let clock: VirtualClock;
let store: ScriptedRepository;
let logging: TaskLogging;
let log: TaskLog;

beforeEach(() => {
  clock = new VirtualClock();
  store = new ScriptedRepository();
  logging = createTaskLogging(store.asRepository, defaultBatcherSettings, virtualWorld(clock));
  log = new TaskLog(logging, store.task);
});

const reasonCode = () => (log.signal.reason as { code?: string } | undefined)?.code;
const away = (times: number) =>
  Array.from({ length: times }, () => new StoreUnavailableError('append_story_task_events'));
/** The code that a promise is rejected with, once time has passed for it; `undefined` when it is fulfilled. */
async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  const outcome = work.then(
    () => undefined,
    (error: { code: string }) => error.code,
  );
  await clock.pass(0);
  return outcome;
}

describe('an answer', () => {
  test.each([
    ['cancel', 'CANCELLED'],
    ['stale', 'RUN_OVERTAKEN'],
    ['not_found', 'RUN_OVERTAKEN'],
  ] as const)('of %s aborts the run with %s, and its checkpoint throws that', async (answer, code) => {
    store.script = [answer];
    expect(await codeOf(log.checkpoint())).toBe(code);
    expect(reasonCode()).toBe(code);
    expect(await codeOf(log.checkpoint())).toBe(code);
    expect(store.batches).toHaveLength(1);
  });

  test('of cancel reaches a silent run by its heartbeat', async () => {
    store.script = ['cancel'];
    await clock.pass(4_000);
    expect(reasonCode()).toBe('CANCELLED');
  });

  test('of ok lets the run go on', async () => {
    expect(await codeOf(log.checkpoint())).toBeUndefined();
    expect(log.signal.aborted).toBe(false);
  });

  test('that comes after another reason does not replace it', async () => {
    log.cancel();
    store.script = ['stale'];
    await clock.pass(4_000);
    expect(reasonCode()).toBe('CANCELLED');
  });
});

describe('a lease', () => {
  test('that is confirmed every 4 s keeps a silent run alive', async () => {
    await clock.pass(600_000);
    expect(log.signal.aborted).toBe(false);
  });

  test('that nothing confirms for 10 s ends the run with LEASE_UNCONFIRMED', async () => {
    store.script = away(100);
    await clock.pass(9_999);
    expect(log.signal.aborted).toBe(false);
    await clock.pass(1);
    expect(reasonCode()).toBe('LEASE_UNCONFIRMED');
  });

  test('counts from when the confirmed batch was sent', async () => {
    await clock.pass(3_999);
    const letGo = store.hold();
    await clock.pass(5_000);
    letGo();
    await settled();
    store.script = away(100);
    await clock.pass(5_000);
    expect(log.signal.aborted).toBe(false);
    await clock.pass(1);
    expect(reasonCode()).toBe('LEASE_UNCONFIRMED');
  });

  test('that is shorter brings quicker heartbeats, so that a silent run lives', async () => {
    const short = createTaskLogging(
      store.asRepository,
      { ...defaultBatcherSettings, leaseMs: 3_000.4 },
      virtualWorld(clock),
    );
    const quick = new TaskLog(short, taskRecord());
    await clock.pass(60_000);
    expect(quick.signal.aborted).toBe(false);
    expect(short.settings.leaseMs).toBe(3_000);
  });

  test('frees a checkpoint that waits for a store which never answers', async () => {
    store.hold();
    const checkpoint = log.checkpoint().catch((error: { code: string }) => error.code);
    await clock.pass(10_000);
    expect(await checkpoint).toBe('LEASE_UNCONFIRMED');
  });
});

describe('a shutdown', () => {
  test('makes the next checkpoint throw, without a call and without aborting what is under way', async () => {
    log.drain();
    expect(await codeOf(log.checkpoint())).toBe('SHUTDOWN');
    expect(log.signal.aborted).toBe(false);
    expect(store.batches).toHaveLength(0);
  });

  test('that begins while a checkpoint waits stops the run there', async () => {
    const letGo = store.hold();
    const checkpoint = log.checkpoint().catch((error: { code: string }) => error.code);
    await clock.pass(0);
    log.drain();
    letGo();
    expect(await checkpoint).toBe('SHUTDOWN');
  });
});

describe('a time limit', () => {
  test('ends the run with TIMEOUT', async () => {
    log.limitTo(30);
    await clock.pass(29_999);
    expect(log.signal.aborted).toBe(false);
    await clock.pass(1);
    expect(reasonCode()).toBe('TIMEOUT');
  });
});

describe('an event', () => {
  const told = async () => {
    await clock.pass(200);
    return store.batches.at(-1)?.[0]?.events ?? [];
  };

  test('never tells less progress than one before it', async () => {
    for (const progress of [10, 40, 25, 60.9, 150, Number.NaN]) log.report({ message: 'Step', progress });
    expect((await told()).map(({ progressOverride }) => progressOverride)).toEqual([10, 40, 40, 60, 100, 100]);
  });

  test('starts from the progress that the claim found', async () => {
    const resumed = new TaskLog(logging, taskRecord({ progress: 55 }));
    resumed.report({ message: 'Step', progress: 10 });
    expect((await told())[0]?.progressOverride).toBe(55);
  });

  test('is of type progress when it tells progress, else info, unless it says', async () => {
    log.report({ message: 'Step', progress: 1 });
    log.report({ message: 'Word' });
    log.report({ message: 'Fault', eventType: 'error' });
    expect((await told()).map(({ eventType }) => eventType)).toEqual(['progress', 'info', 'error']);
  });

  test('is cut and cleaned to what the store takes', async () => {
    for (const message of ['', 'a\u0000b', `${'x'.repeat(1_999)}😀`, '\ud800']) log.report({ message });
    const messages = (await told()).map(({ message }) => message);
    expect(messages).toEqual(['…', 'ab', `${'x'.repeat(1_999)}\ufffd`, '\ufffd']);
  });
});

describe('closing', () => {
  test('leaves no watch behind, even when a batch under way is confirmed meanwhile', async () => {
    log.limitTo(1_800);
    const letGo = store.hold();
    log.report({ message: 'Step' });
    await clock.pass(200);
    const closing = log.close();
    letGo();
    await closing;
    await settled();
    expect(clock.waiting).toBe(0);
  });

  test('tells the tokens of the whole task, those of earlier attempts too', async () => {
    const resumed = new TaskLog(logging, taskRecord({ inputTokens: 100, outputTokens: 10 }));
    resumed.addUsage({ inputTokens: 5, outputTokens: 2 });
    expect(await resumed.close()).toMatchObject({ inputTokens: 105, outputTokens: 12 });
  });
});
