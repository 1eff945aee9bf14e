import { settled, VirtualClock } from '@story-tasks/contracts/test';
import { expect, test } from 'vitest';
import { autoscalerLoop } from './autoscalerLoop.ts';

test('it has stopped when the last reading of the lanes has, whose gauges would stay', async () => {
  const reading = Promise.withResolvers<boolean>();
  let happened = () => {};
  const loop = autoscalerLoop({
    autoscaler: { tick: async () => undefined, hint: () => reading.promise, interrupt: () => undefined },
    onLaneEvents: (tell) => {
      happened = tell;
      return { stop: async () => undefined };
    },
    intervalMs: 2_000,
    clock: new VirtualClock(),
    isLeader: () => true,
  });
  happened();
  await settled();
  let stopped = false;
  const stopping = loop.stop().then(() => {
    stopped = true;
  });
  await settled();
  expect(stopped).toBe(false);
  reading.resolve(false);
  await stopping;
});
