/** R6: one batch for all runs of a process. */

import { settled, VirtualClock } from '@story-tasks/contracts/test';
import { StoreRejectedError, StoreUnavailableError } from '@story-tasks/supabase';
import { beforeEach, describe, expect, test } from 'vitest';
import { type BatchedRun, EventBatcher } from './eventBatcher.ts';
import { ScriptedRepository } from './testing/scriptedRepository.ts';

let clock: VirtualClock;
let store: ScriptedRepository;
let batcher: EventBatcher;
let answers: [string, string, number][];

beforeEach(() => {
  clock = new VirtualClock();
  store = new ScriptedRepository();
  batcher = new EventBatcher((entries) => store.appendBatch(entries), clock);
  answers = [];
});

function open(taskId: string, attempt = 1): BatchedRun {
  const run: BatchedRun = {
    taskId,
    attempt,
    usage: () => ({ inputTokens: 7, outputTokens: 3 }),
    answered: (answer, sentAt) => void answers.push([`${taskId}/${attempt}`, answer, sentAt]),
  };
  batcher.open(run);
  return run;
}

const event = (id: string) => ({ id, eventType: 'info' as const, message: id });
const idsOf = (batch: number) => store.batches[batch]?.map(({ events }) => events?.map(({ id }) => id));
const away = () => new StoreUnavailableError('append_story_task_events');

describe('one batch', () => {
  test('gathers the events of several runs into one call, with their tokens and leases', async () => {
    const [left, right] = [open('left'), open('right')];
    batcher.add(left, event('a'));
    await clock.pass(150);
    batcher.add(right, event('b'));
    batcher.add(left, event('c'));
    expect(store.batches).toHaveLength(0);
    await clock.pass(50);
    expect(store.batches).toHaveLength(1);
    expect(idsOf(0)).toEqual([['a', 'c'], ['b']]);
    expect(store.batches[0]?.[0]).toMatchObject({ attempt: 1, leaseMs: 15_000, inputTokens: 7, outputTokens: 3 });
  });

  test('carries only the runs that have something to tell', async () => {
    const [left] = [open('left'), open('right')];
    batcher.add(left, event('a'));
    await clock.pass(200);
    expect(store.batches[0]?.map(({ taskId }) => taskId)).toEqual(['left']);
  });

  test('sends at most 200 events of a run, and the rest next', async () => {
    const run = open('left');
    for (let n = 0; n < 250; n += 1) batcher.add(run, event(`e${n}`));
    await clock.pass(1_000);
    expect(store.batches.map(([entry]) => entry?.events?.length)).toEqual([200, 50]);
  });
});

describe('a store that is away', () => {
  test('gets the same events again, with those that came meanwhile behind them', async () => {
    const run = open('left');
    store.script = [away(), away()];
    batcher.add(run, event('a'));
    await clock.pass(200);
    batcher.add(run, event('b'));
    await clock.pass(499);
    expect(store.batches).toHaveLength(1);
    await clock.pass(501);
    expect([idsOf(0), idsOf(1), idsOf(2)]).toEqual([[['a']], [['a', 'b']], [['a', 'b']]]);
    await clock.pass(1_000);
    expect(store.batches).toHaveLength(3);
  });

  test('does not answer a confirm until it is back', async () => {
    const run = open('left');
    store.script = [away(), away()];
    let answer: string | undefined;
    void batcher.confirm(run).then((given) => {
      answer = given;
    });
    await clock.pass(900);
    expect(answer).toBeUndefined();
    await clock.pass(100);
    expect(answer).toBe('ok');
  });

  test('that refuses one run’s events still takes the other’s', async () => {
    const [left, right] = [open('left'), open('right')];
    store.script = [new StoreRejectedError('append', '22P05'), new StoreRejectedError('append', '22P05'), 'ok'];
    batcher.add(left, event('poison'));
    batcher.add(right, event('b'));
    await clock.pass(200);
    expect(answers.map(([run, answer]) => [run, answer])).toEqual([['right/1', 'ok']]);
  });
});

describe('a heartbeat', () => {
  test('extends the lease of a run that has nothing to tell', async () => {
    open('left');
    await clock.pass(3_999);
    expect(store.batches).toHaveLength(0);
    await clock.pass(8_001);
    expect(store.batches).toHaveLength(3);
    expect(store.batches[0]).toMatchObject([{ taskId: 'left', leaseMs: 15_000, events: [] }]);
  });

  test('is put off by events, which extend the lease as well', async () => {
    const run = open('left');
    await clock.pass(3_000);
    batcher.add(run, event('a'));
    await clock.pass(4_100);
    expect(store.batches).toHaveLength(1);
    await clock.pass(200);
    expect(store.batches).toHaveLength(2);
  });
});

describe('a confirm', () => {
  test('sends at once', async () => {
    const run = open('left');
    batcher.add(run, event('a'));
    const answer = batcher.confirm(run);
    await clock.pass(0);
    expect(await answer).toBe('ok');
    expect(idsOf(0)).toEqual([['a']]);
  });

  test('is not answered by a batch that was under way when it was asked', async () => {
    const run = open('left');
    const letGo = store.hold();
    batcher.add(run, event('a'));
    await clock.pass(200);
    store.script = ['cancel'];
    const answer = batcher.confirm(run);
    letGo();
    await clock.pass(0);
    expect(await answer).toBe('cancel');
    expect(store.batches).toHaveLength(2);
  });

  test('says when the confirmed batch was sent, not when it was answered', async () => {
    const run = open('left');
    const sentAt = clock.now();
    const letGo = store.hold();
    void batcher.confirm(run);
    await clock.pass(3_000);
    letGo();
    await settled();
    expect(answers).toEqual([['left/1', 'ok', sentAt]]);
  });
});

describe('closing', () => {
  test('returns what was not sent, and sends no more of it', async () => {
    const run = open('left');
    batcher.add(run, event('a'));
    expect((await batcher.close(run)).map(({ id }) => id)).toEqual(['a']);
    batcher.add(run, event('late'));
    expect(await batcher.confirm(run)).toBe('stale');
    await clock.pass(60_000);
    expect(store.batches).toHaveLength(0);
    expect(clock.waiting).toBe(0);
  });

  test('waits for the batch under way, and returns only what came after it', async () => {
    const run = open('left');
    const letGo = store.hold();
    batcher.add(run, event('a'));
    await clock.pass(200);
    batcher.add(run, event('b'));
    let unsent: string[] | undefined;
    const closing = batcher.close(run).then((events) => {
      unsent = events.map(({ id }) => id);
    });
    await settled();
    expect(unsent).toBeUndefined();
    letGo();
    await closing;
    expect(unsent).toEqual(['b']);
  });

  test('returns the events of a batch whose answer got lost, with the ids they were sent with', async () => {
    const run = open('left');
    store.script = [away()];
    batcher.add(run, event('a'));
    await clock.pass(200);
    expect((await batcher.close(run)).map(({ id }) => id)).toEqual(['a']);
  });

  test('leaves the other runs’ heartbeats in force', async () => {
    const [left] = [open('left'), open('right')];
    await batcher.close(left);
    await clock.pass(4_000);
    expect(store.batches.map((batch) => batch.map(({ taskId }) => taskId))).toEqual([['right']]);
  });
});

describe('a second run of a task in the same process', () => {
  test('tells the first that it was overtaken, and is not closed by it', async () => {
    const first = open('left', 1);
    batcher.add(first, event('old'));
    const second = open('left', 2);
    expect(answers.map(([run, answer]) => [run, answer])).toEqual([['left/1', 'stale']]);
    expect(await batcher.close(first)).toEqual([]);
    batcher.add(second, event('new'));
    await clock.pass(200);
    expect(store.batches).toMatchObject([[{ taskId: 'left', attempt: 2, events: [{ id: 'new' }] }]]);
  });
});
