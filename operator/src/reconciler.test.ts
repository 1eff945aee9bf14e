import { systemWorld } from '@story-tasks/contracts';
import { createLogger } from '@story-tasks/runtime';
import { expect, test } from 'vitest';
import { everyTick, type ReconcilePart, Reconciler, tickingWhen } from './reconciler.ts';

const task = { id: 'a', operation: 'BUILD_PLAYER_BUNDLE' } as const;
const reconcilerOf = (...parts: ReconcilePart[]) =>
  new Reconciler(parts, createLogger('test', 'silent'), () => undefined);

test('a part that fails does not stop the others, and what it did before counts', async () => {
  const failing: ReconcilePart = {
    name: 'failing',
    async run(done) {
      done('requeued', task);
      throw new Error('Redis is away');
    },
  };
  const working: ReconcilePart = { name: 'working', run: async (done) => done('purged', task) };
  expect(await reconcilerOf(failing, working).tick()).toEqual({ requeued: 1, purged: 1 });
});

test('a tick answers how often each action was done', async () => {
  const part: ReconcilePart = {
    name: 'busy',
    async run(done) {
      for (const action of ['enqueued', 'job_removed', 'enqueued'] as const) done(action, task);
    },
  };
  const reconciler = reconcilerOf(part);
  expect([await reconciler.tick(), await reconciler.tick()]).toEqual([
    { enqueued: 2, job_removed: 1 },
    { enqueued: 2, job_removed: 1 },
  ]);
});

test('ticks pass over while it may not act, and it acts as soon as it may', async () => {
  let allowed = false;
  let acted = 0;
  const counted = {
    async tick() {
      acted += 1;
    },
  };
  const ticking = tickingWhen(async () => allowed, counted);
  await ticking.tick(() => false);
  expect(acted).toBe(0);
  allowed = true;
  await ticking.tick(() => false);
  expect(acted).toBe(1);
});

test('a shutdown waits for the part under way, and begins no other', async () => {
  const begun: string[] = [];
  const release = Promise.withResolvers<void>();
  const part = (name: string, run: () => Promise<void>): ReconcilePart => ({
    name,
    run: () => {
      begun.push(name);
      return run();
    },
  });
  const loop = everyTick(
    reconcilerOf(
      part('first', () => release.promise),
      part('second', async () => undefined),
    ),
    1,
    systemWorld.clock,
  );
  const stopped = loop.stop().then(() => begun.push('stopped'));
  expect(begun).toEqual(['first']);
  release.resolve();
  await stopped;
  expect(begun).toEqual(['first', 'stopped']);
});
