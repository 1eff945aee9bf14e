import { laneName, type Operation } from '@story-tasks/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createThroughputRepository, type ThroughputRepository } from '../src/index.ts';
import { type Backend, backends } from './backends.ts';

describe.each(backends)('the forwarder’s record on $backend', ({ start }) => {
  let backend: Backend;
  let throughput: ThroughputRepository;
  beforeAll(async () => {
    backend = await start();
    throughput = createThroughputRepository(backend.store);
  });
  afterAll(() => backend.stop());

  const operation: Operation = 'BUILD_PLAYER_BUNDLE';
  const lane = laneName(operation);
  const minute = 29_000_000;

  test('a position is none before the first write, and then the one that was written', async () => {
    expect(await throughput.throughputPosition(lane)).toBeNull();
    const write = { lane, operation, counts: [{ minute, event: 'added', count: 3 }], incomplete: [] };
    const first = { ...write, expected: null, position: '1740000000000-0' };
    expect(await throughput.recordThroughput(first)).toEqual({ outcome: 'recorded', position: first.position });
    expect(await throughput.recordThroughput(first)).toEqual({ outcome: 'recorded', position: first.position });
    expect(await throughput.throughputPosition(lane)).toBe(first.position);
    const late = { ...write, expected: null, position: '1740000000001-0' };
    expect(await throughput.recordThroughput(late)).toEqual({ outcome: 'moved', position: first.position });
    const marking = {
      ...write,
      expected: first.position,
      position: '1740000000002-0',
      incomplete: [{ from: minute, to: minute + 1 }],
    };
    await throughput.recordThroughput(marking);
    expect(await rows()).toEqual([
      [minute, 'added', 6, true],
      [minute, 'gap', 0, true],
      [minute + 1, 'gap', 0, true],
    ]);
  });

  async function rows(): Promise<unknown[]> {
    const { data } = await backend.store.client
      .from('story_task_throughput')
      .select('*')
      .order('minute')
      .order('event');
    return (data ?? []).map((row) => [Date.parse(row.minute) / 60_000, row.event, row.count, row.incomplete]);
  }
});
