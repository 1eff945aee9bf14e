import { settled } from '@story-tasks/contracts/test';
import { expect, test } from 'vitest';
import { type Leadership, soleLeader } from './leadership.ts';
import { whileLeading } from './whileLeading.ts';

function scripted() {
  let epoch: number | null = null;
  let changed = () => {};
  const leadership: Leadership = {
    isLeader: () => epoch !== null,
    epoch: () => epoch,
    onChange: (listener) => {
      changed = listener;
    },
    stop: async () => undefined,
  };
  const turn = (next: number | null) => {
    epoch = next;
    changed();
  };
  return { leadership, turn };
}

/** Loops that take until `finish` to stop. */
function slowLoops(told: string[]) {
  let finish = () => {};
  const start = () => {
    told.push('started');
    return {
      stop: () =>
        new Promise<void>((resolve) => {
          told.push('stopping');
          finish = () => {
            told.push('stopped');
            resolve();
          };
        }),
    };
  };
  return { start, finish: () => finish() };
}

test('loops run while this process leads, and are stopped and waited for when it does no more', async () => {
  const told: string[] = [];
  const { leadership, turn } = scripted();
  const loops = slowLoops(told);
  const leading = whileLeading(leadership, loops.start);
  await settled();
  expect(told).toEqual([]);
  turn(1);
  await settled();
  turn(null);
  turn(2);
  await settled();
  expect(told).toEqual(['started', 'stopping']);
  loops.finish();
  await settled();
  expect(told).toEqual(['started', 'stopping', 'stopped', 'started']);
  const stopped = leading.stop();
  await settled();
  loops.finish();
  await stopped;
  turn(3);
  await settled();
  expect(told).toEqual(['started', 'stopping', 'stopped', 'started', 'stopping', 'stopped']);
});

test('a new epoch begins with new loops, though nothing was seen in between', async () => {
  const told: string[] = [];
  const { leadership, turn } = scripted();
  const start = () => {
    told.push('started');
    return { stop: async () => void told.push('stopped') };
  };
  whileLeading(leadership, start);
  turn(1);
  await settled();
  turn(1);
  await settled();
  turn(5);
  await settled();
  expect(told).toEqual(['started', 'stopped', 'started']);
});

test('where there is one operator its loops run from the start', async () => {
  const told: string[] = [];
  const leading = whileLeading(soleLeader, () => {
    told.push('started');
    return { stop: async () => void told.push('stopped') };
  });
  await settled();
  await leading.stop();
  expect(told).toEqual(['started', 'stopped']);
});
