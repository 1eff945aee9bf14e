/** How a run starts, and what each of its ends becomes on record. */
import { randomUUID } from 'node:crypto';
import { CodedError } from '@story-tasks/contracts';
import { VirtualClock, virtualWorld } from '@story-tasks/contracts/test';
import { StaleAttemptError, StoreUnavailableError } from '@story-tasks/supabase';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  LeaseUnconfirmedError,
  RunCancelledError,
  RunOvertakenError,
  RunTimeoutError,
  ShutdownError,
} from './errors.ts';
import { defaultBatcherSettings } from './eventBatcher.ts';
import { logTaskCompletion, logTaskEvent, logTaskStart, type RunEnd } from './logTask.ts';
import { TaskLog } from './taskLog.ts';
import { createTaskLogging } from './taskLogging.ts';
import { ScriptedRepository, taskRecord } from './testing/scriptedRepository.ts';

const clock = new VirtualClock();
let store: ScriptedRepository;

beforeEach(() => {
  store = new ScriptedRepository();
});

const logging = () => createTaskLogging(store.asRepository, defaultBatcherSettings, virtualWorld(clock));
const failed = (error: unknown, retryAfterMs = 5_000.4): RunEnd => ({ status: 'failed', error, retryAfterMs });
const away = () => new StoreUnavailableError('finish_story_task');

async function complete(end: RunEnd, passMs = 0) {
  const shared = logging();
  const log = new TaskLog(shared, store.task);
  logTaskEvent(log, { message: 'The last step', persisted: true });
  const completion = logTaskCompletion(shared, log, end);
  completion.catch(() => undefined);
  await clock.pass(passMs);
  return completion;
}

describe('a run that', () => {
  test('succeeded is finished with its result, and its bundle in the last event', async () => {
    const result = { bundlePath: '/b/x.html', bytes: 12 };
    await complete({ status: 'succeeded', result });
    expect(store.finishes).toMatchObject([
      { status: 'succeeded', result, payload: { bundlePath: '/b/x.html' }, events: [{ message: 'The last step' }] },
    ]);
  });

  test('was cancelled is finished as cancelled', async () => {
    await complete(failed(new RunCancelledError()));
    expect(store.finishes).toMatchObject([{ status: 'cancelled' }]);
    expect(store.finishes[0]).not.toHaveProperty('errorCode');
  });

  test.each([new ShutdownError(), new LeaseUnconfirmedError(10_000)])(
    'left off with $code goes back to its lane',
    async (error) => {
      expect(await complete(failed(error))).toMatchObject({ outcome: 'released' });
      expect(store.releases).toMatchObject([{ events: [{ message: 'The last step' }], attempt: 1 }]);
      expect(store.finishes).toHaveLength(0);
    },
  );

  test.each([new ShutdownError(), new LeaseUnconfirmedError(10_000)])(
    'left off with $code fails when it has no lane',
    async (error) => {
      store = new ScriptedRepository(taskRecord({ dispatch: 'direct' }));
      await complete(failed(error));
      expect(store.finishes).toMatchObject([{ status: 'failed', errorCode: error.code }]);
      expect(store.releases).toHaveLength(0);
    },
  );

  test.each([
    [new RunOvertakenError(), 'running', 'stale'],
    [new StaleAttemptError('x'), 'failed', 'stale'],
    [new RunOvertakenError(), 'cancelled', 'cancelled'],
  ] as const)('was overtaken (%s, the task is %s) writes nothing and answers %s', async (error, status, outcome) => {
    store = new ScriptedRepository(taskRecord({ status }));
    expect(await complete(failed(error))).toMatchObject({ outcome, task: { status } });
    expect([store.finishes, store.releases]).toEqual([[], []]);
  });

  test('failed retryably says when it may be tried again, in whole milliseconds', async () => {
    await complete(failed(new RunTimeoutError(30)));
    expect(store.finishes).toMatchObject([{ status: 'failed', errorCode: 'TIMEOUT', retryAfterMs: 5_000 }]);
  });

  test.each(['caller', 'fatal'] as const)('failed with a %s error is not tried again', async (kind) => {
    await complete(failed(new CodedError('SOME_CODE', kind, 'Words for people.')));
    expect(store.finishes).toMatchObject([
      { status: 'failed', errorCode: 'SOME_CODE', errorMessage: 'Words for people.', payload: { code: 'SOME_CODE' } },
    ]);
    expect(store.finishes[0]?.retryAfterMs).toBeUndefined();
  });

  test('threw anything else tells nothing of it', async () => {
    await complete(failed(new Error('canary: sb_secret_123 and the prompt')));
    expect(store.finishes).toMatchObject([{ status: 'failed', errorCode: 'INTERNAL' }]);
    expect(JSON.stringify(store.finishes)).not.toContain('canary');
  });
});

describe('a store that is away at the end of a run', () => {
  test('is asked again with the same event id and the same events', async () => {
    store.faults = [away(), away()];
    const completion = await complete({ status: 'succeeded', result: {} }, 1_000);
    expect(completion.outcome).toBe('finished');
    expect(store.finishes).toHaveLength(3);
    expect(new Set(store.finishes.map(({ eventId }) => eventId)).size).toBe(1);
    expect(new Set(store.finishes.map(({ events }) => events?.[0]?.id)).size).toBe(1);
  });

  test('is given up after the length of a lease: the row is then somebody else’s to mend', async () => {
    store.faults = Array.from({ length: 100 }, away);
    await expect(complete({ status: 'succeeded', result: {} }, 20_000)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(store.finishes).toHaveLength(32);
  });

  test('is not asked again about a fault that stays', async () => {
    store.faults = [new CodedError('STORE_REJECTED', 'fatal', 'No.')];
    await expect(complete({ status: 'succeeded', result: {} })).rejects.toMatchObject({ code: 'STORE_REJECTED' });
    expect(store.finishes).toHaveLength(1);
  });
});

describe('starting a direct run', () => {
  const start = () =>
    logTaskStart(logging(), {
      operation: 'BUILD_PLAYER_BUNDLE',
      storyId: randomUUID(),
      payload: {},
      workerId: 'cli:host:1',
    });

  test('creates the task and claims it', async () => {
    const log = await start();
    expect(log.task.id).toBe(store.task.id);
    await log.close();
  });

  test('of a task that was cancelled meanwhile says so', async () => {
    store.claim = { outcome: 'refused', reason: 'terminal', retryAfterMs: 0 };
    await expect(start()).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('that cannot be claimed leaves no task behind that nobody would ever run', async () => {
    store.claim = away();
    await expect(start()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(store.cancels).toEqual([store.task.id]);
  });
});
