/** Each of the leader's loops is under watch: a call that is never answered shows, whichever of them made it. */
import { VirtualClock } from '@story-tasks/contracts/test';
import { createLogger, Metrics } from '@story-tasks/runtime';
import { expect, test } from 'vitest';
import { soleLeader } from './leadership/leadership.ts';
import { type LeadersLoopsDependencies, leadersLoops } from './leadersLoops.ts';
import { limits } from './limits.ts';
import { LoopWatch } from './loopWatch.ts';

const forEver = () => new Promise<never>(() => undefined);

test('loops that hang are named', async () => {
  const clock = new VirtualClock();
  const logger = createLogger('test', 'silent');
  const loopWatch = new LoopWatch(clock, logger);
  const given: Partial<LeadersLoopsDependencies> = {
    settings: { RECONCILE_SECONDS: 2, RETENTION_DAYS: 0 },
    schema: { fits: forEver },
    watch: { read: forEver },
    leadership: soleLeader,
    metrics: new Metrics(),
    scaling: null,
    loopWatch,
    logger,
  };
  leadersLoops(given as LeadersLoopsDependencies)();
  await clock.pass(limits.silentLoopMs);
  expect(loopWatch.health()).toEqual({ ok: true });
  await clock.pass(1);
  expect(loopWatch.health()).toEqual({ ok: false, silentLoops: ['reconciler', 'forwarder', 'lanes'] });
});
