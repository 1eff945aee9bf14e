import { Writable } from 'node:stream';
import { CodedError } from '@story-tasks/contracts';
import { VirtualClock } from '@story-tasks/contracts/test';
import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';
import { createReadiness, readyForGood, untilReady } from './readiness.ts';

const silent = createLogger('test', 'silent');
const usable = async () => 'OK';
const broken = async () => {
  throw new Error('redis://user:secret@host refused');
};
/** An answer holds for a moment, so a changed one is waited for. */
const answersOk = (ready: () => Promise<{ ok: boolean }>, ok: boolean) =>
  expect.poll(async () => (await ready()).ok, { interval: 20, timeout: 2_000 }).toBe(ok);

test('it names what cannot be used, and nothing of why', async () => {
  expect(await createReadiness({ redis: usable, store: usable }, silent)()).toEqual({ ok: true });
  expect(await createReadiness({ redis: broken, store: usable }, silent)()).toEqual({ ok: false, unusable: ['redis'] });
  const both = await createReadiness({ redis: broken, store: broken }, silent)();
  expect(both).toEqual({ ok: false, unusable: ['redis', 'store'] });
});

test('of what time alone does not mend it tells why, in words of ours', async () => {
  const outdated = async () => {
    throw new CodedError('SCHEMA_OUTDATED', 'fatal', 'The schema is too old.');
  };
  const health = await createReadiness({ redis: broken, schema: outdated }, silent)();
  expect(health).toEqual({ ok: false, unusable: ['redis', 'schema'], why: { schema: 'The schema is too old.' } });
});

test('it is waited for until it is ready, or until nobody waits any more', async () => {
  const clock = new VirtualClock();
  let ok = false;
  let reached = false;
  const stopping = new AbortController();
  const waited = untilReady(async () => ({ ok }), clock, stopping.signal).then(() => {
    reached = true;
  });
  await clock.pass(5_000);
  expect(reached).toBe(false);
  ok = true;
  await clock.pass(1_000);
  await waited;
  const given = untilReady(async () => ({ ok: false }), clock, stopping.signal);
  stopping.abort();
  await expect(given).rejects.toThrow();
  expect(clock.waiting).toBe(0);
});

test('what does not answer cannot be used, and is told so within a second', async () => {
  const never = Promise.withResolvers<void>();
  const startedAt = performance.now();
  const health = await createReadiness({ redis: usable, store: () => never.promise }, silent)();
  expect(health).toEqual({ ok: false, unusable: ['store'] });
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});

test('many that ask at once, and while an answer is owed, share one call', async () => {
  let calls = 0;
  const answer = Promise.withResolvers<void>();
  const slow = () => {
    calls += 1;
    return answer.promise;
  };
  const ready = createReadiness({ store: slow }, silent);
  const asked = await Promise.all(Array.from({ length: 50 }, () => ready()));
  expect(asked.every(({ ok }) => !ok)).toBe(true);
  await ready();
  expect(calls).toBe(1);
  answer.resolve();
  await answersOk(ready, true);
});

/** A logger, and what it is told. */
function heard() {
  const lines: string[] = [];
  const log = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { lines, logger: createLogger('test', 'info', log) };
}

test('a reason that comes too late for the first answer is logged when it is known, and once', async () => {
  const { lines, logger } = heard();
  const answer = Promise.withResolvers<void>();
  const outdated = new CodedError('SCHEMA_OUTDATED', 'fatal', 'The schema is too old.');
  let check = () => answer.promise;
  const ready = createReadiness({ schema: () => check() }, logger);
  expect(await ready()).toEqual({ ok: false, unusable: ['schema'] });
  check = () => Promise.reject(outdated);
  answer.reject(outdated);
  await expect.poll(ready).toHaveProperty('why');
  await ready();
  expect(lines.map((line) => JSON.parse(line).why)).toEqual([undefined, { schema: 'The schema is too old.' }]);
});

test('it follows what it looks at, there and back, and logs each turn once', async () => {
  const { lines, logger } = heard();
  let check: () => Promise<unknown> = usable;
  const ready = createReadiness({ redis: () => check() }, logger);
  await answersOk(ready, true);
  check = broken;
  await answersOk(ready, false);
  await ready();
  check = usable;
  await answersOk(ready, true);
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['not ready', 'ready again']);
  expect(lines.join()).not.toContain('secret');
});

test('ready for good: red until it was green once, and never again', async () => {
  const answers = [false, true, false];
  const ready = readyForGood(async () => ({ ok: answers.shift() ?? false }));
  expect([await ready(), await ready(), await ready()]).toEqual([{ ok: false }, { ok: true }, { ok: true }]);
});
