/** What callers get when the store is away, slow, broken or wrong: soon, typed, and without the key. */
import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import {
  connectStore,
  createSceneletsRepository,
  createStoriesRepository,
  createStoryTasksRepository,
  type Store,
  StoreRejectedError,
  StoreUnavailableError,
  saveStoryWork,
} from '../src/index.ts';
import { freePort } from '../src/lite/freePort.ts';
import { answer, type Behaviour, cut, type FaultyStore, hangInBody, never, startFaultyStore } from './faultyStore.ts';

const planted = 'sb_secret_PLANTEDCANARY0123456789';
const timeoutMs = 300;
/** What a busy machine may add to the timeout. */
const slackMs = 400;

let server: FaultyStore | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function faulty(behaviours: [Behaviour, ...Behaviour[]], bound = timeoutMs): Promise<Store> {
  server = await startFaultyStore(...behaviours);
  return connectStore({ url: server.url, secretKey: planted, timeoutMs: bound });
}

const cancelTask = (store: Store) => createStoryTasksRepository(store).cancelTask(randomUUID());
const readTask = (store: Store) => createStoryTasksRepository(store).getTask(randomUUID());

/** The error of a call, how long it took, and that the key is nowhere in it. */
async function failureOf(call: Promise<unknown>): Promise<{ error: unknown; ms: number }> {
  const began = performance.now();
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(inspect(error, { depth: null, showHidden: true })).not.toContain('CANARY');
  return { error, ms: performance.now() - began };
}

describe('a store that cannot be used', () => {
  const everyKind: [string, (store: Store) => Promise<unknown>][] = [
    ['a function', cancelTask],
    ['a read', readTask],
    ['a listing', (store) => createSceneletsRepository(store).listByStory(randomUUID())],
    ['a write', (store) => createStoriesRepository(store).createStory({ displayName: 'x', initialPrompt: 'x' })],
    [
      'story work',
      (store) =>
        saveStoryWork(store, { taskId: randomUUID(), attempt: 1 }, randomUUID(), { kind: 'bundle_path', path: 'x' }),
    ],
  ];

  test.each(everyKind)('is unavailable to %s when nothing listens', async (_, ask) => {
    const store = connectStore({ url: `http://127.0.0.1:${await freePort()}`, secretKey: planted, timeoutMs: 5_000 });
    const { error, ms } = await failureOf(ask(store));
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(ms).toBeLessThan(1_500);
  });

  test.each(everyKind)('is unavailable to %s within its timeout when it never answers', async (_, ask) => {
    const { error, ms } = await failureOf(ask(await faulty([never])));
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(ms).toBeLessThan(timeoutMs + slackMs);
    expect(server?.requests()).toBe(1);
    await server?.allClosed();
  });

  test.each(everyKind)('is unavailable to %s within its timeout when its answer never ends', async (_, ask) => {
    const { error, ms } = await failureOf(ask(await faulty([hangInBody])));
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(ms).toBeLessThan(timeoutMs + slackMs);
    await server?.allClosed();
  });
});

describe('a fault that passes', () => {
  const done = { outcome: 'cancelled', task: { id: randomUUID() } };
  const postgrestError = (code: string) => ({ code, message: `no: ${planted}`, details: null, hint: null });
  const passing: [string, Behaviour][] = [
    ['503', answer(503, postgrestError('PGRST001'))],
    ['a gateway’s page', answer(502, '<html>bad gateway</html>')],
    ['504', answer(504, '')],
    ['429', answer(429, { message: 'slow down' })],
    ['a statement out of time', answer(500, postgrestError('57014'))],
    ['a deadlock', answer(400, postgrestError('40P01'))],
    ['a Postgres that goes down', answer(500, postgrestError('57P01'))],
    ['a Postgres that is full', answer(500, postgrestError('53300'))],
    ['a gateway without its database', answer(500, { code: 'SUP', message: 'connect ECONNREFUSED' })],
    ['an answer that is cut', cut],
  ];

  test.each(passing)('%s is asked again, for a write and for a read', async (_, fault) => {
    for (const [ask, reply] of [
      [cancelTask, done],
      [readTask, [done.task]],
    ] as const) {
      const store = await faulty([fault, answer(200, reply)], 5_000);
      await ask(store);
      expect(server?.requests()).toBe(2);
      await server?.stop();
      server = undefined;
    }
  });

  test.each([
    ['a write', cancelTask],
    ['a read', readTask],
  ])('that stays is asked three times in all by %s, and no more by the client below', async (_, ask) => {
    const { error, ms } = await failureOf(ask(await faulty([answer(503, postgrestError('PGRST000'))], 5_000)));
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(server?.requests()).toBe(3);
    expect(ms).toBeLessThan(1_500);
  });

  test('is not waited for beyond the timeout', async () => {
    const { error, ms } = await failureOf(cancelTask(await faulty([answer(503, '')], 100)));
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(ms).toBeLessThan(100 + slackMs);
  });
});

describe('a refusal', () => {
  const refusals: [string, Behaviour, string][] = [
    ['a wrong key', answer(401, { message: `Invalid API key ${planted}` }), 'HTTP 401'],
    ['a missing function', answer(404, { code: 'PGRST202', message: 'none' }), 'PGRST202'],
    ['a broken constraint', answer(409, { code: '23505', message: 'twice' }), '23505'],
    ['an internal error of Postgres', answer(500, { code: 'XX000', message: 'broken' }), 'XX000'],
    ['a code that repeats the key', answer(400, { code: planted, message: planted }), 'HTTP 400'],
    ['a page in place of JSON', answer(200, `<html>${planted}</html>`), 'HTTP 200'],
    ['an empty answer', answer(200, ''), 'no answer'],
  ];

  test.each(refusals)('%s is told once and not asked again', async (_, refusal, told) => {
    const { error } = await failureOf(cancelTask(await faulty([refusal])));
    expect(error).toBeInstanceOf(StoreRejectedError);
    expect((error as Error).message).toContain(`(${told})`);
    expect(server?.requests()).toBe(1);
  });
});
