/** Streams over a source in memory, on a clock of the test's own. */
import { TaskNotFoundError } from '@story-tasks/supabase';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EventStreams } from './eventStreams.ts';
import { Client } from './testing/client.ts';
import { MemorySource } from './testing/memorySource.ts';

let source: MemorySource;
let streams: EventStreams;
beforeEach(() => {
  vi.useFakeTimers();
  source = new MemorySource();
  streams = new EventStreams(source);
});
afterEach(() => {
  streams.close();
  vi.useRealTimers();
});

const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, n) => first + n);
/** Lets everything happen that waits for no clock. */
const settled = () => vi.advanceTimersByTimeAsync(0);

async function read(after = 0, client = new Client()): Promise<Client> {
  const serve = await streams.open(source.taskId, after);
  if (!serve) throw new Error('nothing is left');
  serve(client);
  await settled();
  return client;
}

test('a stream tells what was, then what comes, and ends after the terminal event', async () => {
  source.tell(3);
  const client = await read();
  expect([client.seqs, client.writableEnded]).toEqual([upTo(3), false]);
  source.tell(2, 'succeeded');
  streams.hint({ taskId: source.taskId, seq: 5 });
  await settled();
  expect([client.seqs, client.writableEnded]).toEqual([upTo(5), true]);
  expect(client.text).toMatch(/^retry: \d+\n\nid: 1\ndata: {/);
});

test('a stream begins after any number, and there is none after the last', async () => {
  source.tell(6, 'succeeded');
  for (const after of upTo(6, 1)) {
    if (after < 6) expect((await read(after - 1)).seqs).toEqual(upTo(6, after));
    else expect(await streams.open(source.taskId, after)).toBeNull();
  }
  expect(await streams.open(source.taskId, 99)).toBeNull();
});

test('what was told of a task after its end is not told by a stream', async () => {
  source.tell(3, 'succeeded');
  source.tell(2);
  expect((await read()).seqs).toEqual(upTo(3));
  expect(await streams.open(source.taskId, 3)).toBeNull();
});

test('any number of readers cost one read for each hint', async () => {
  source.tell(3);
  const clients = await Promise.all(upTo(50).map(() => read()));
  expect([source.taskReads, source.eventReads]).toEqual([1, 1]);
  for (const seq of upTo(13, 4)) {
    source.tell(1);
    streams.hint({ taskId: source.taskId.toUpperCase(), seq });
    await settled();
  }
  expect(source.eventReads).toBe(11);
  for (const client of clients) expect(client.seqs).toEqual(upTo(13));
});

test('a hint of what is known, and one for nobody, costs no read', async () => {
  source.tell(3);
  await read();
  streams.hint({ taskId: source.taskId, seq: 3 });
  streams.hint({ taskId: '11111111-1111-1111-1111-111111111111', seq: 9 });
  await settled();
  expect(source.eventReads).toBe(1);
});

test('without hints the store is looked at every few seconds, once for all readers, and no more after the end', async () => {
  source.tell(1);
  const clients = await Promise.all(upTo(20).map(() => read()));
  source.tell(1, 'succeeded');
  await vi.advanceTimersByTimeAsync(4_000);
  for (const client of clients) expect([client.seqs, client.writableEnded]).toEqual([upTo(2), true]);
  const reads = source.eventReads;
  expect(reads).toBe(2);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(source.eventReads).toBe(reads);
});

test('a hint that comes while the store is being read is not lost', async () => {
  source.tell(1);
  const client = await read();
  for (const seq of upTo(40, 2)) {
    source.tell(1);
    streams.hint({ taskId: source.taskId, seq });
  }
  await settled();
  expect(client.seqs).toEqual(upTo(40));
});

test('a reader far behind the window gets pages, shared with who stands where it does', async () => {
  streams = new EventStreams(source, { windowEvents: 10, pageEvents: 4 });
  source.tell(35);
  const clients = await Promise.all(upTo(8).map(() => read()));
  // One read of the window, and seven pages of four up to where it begins.
  expect(source.eventReads).toBeLessThanOrEqual(9);
  source.tell(25, 'succeeded');
  streams.hint({ taskId: source.taskId });
  await settled();
  for (const client of clients) expect(client.seqs).toEqual(upTo(60));
});

test('the window keeps no more bytes than it may, and readers behind it miss nothing', async () => {
  streams = new EventStreams(source, { windowBytes: 5_000 });
  source.tell(30);
  const [early, late] = [await read(), await read(29)];
  expect([early.seqs, late.seqs]).toEqual([upTo(30), [30]]);
});

test('a slow reader is written no more than it takes, and gets everything in the end', async () => {
  source.tell(400);
  const slow = await read(0, new Client(true));
  expect(slow.writableLength).toBeLessThan(70_000);
  source.tell(100, 'succeeded');
  streams.hint({ taskId: source.taskId });
  await settled();
  expect(slow.writableLength).toBeLessThan(70_000);
  slow.take();
  await settled();
  expect([slow.seqs, slow.writableFinished]).toEqual([upTo(500), true]);
});

test('a reader that takes nothing for half a minute is dropped, also when all was written', async () => {
  source.tell(400);
  const stuck = await read(0, new Client(true));
  source.tell(1, 'succeeded');
  streams.hint({ taskId: source.taskId });
  const atTheEnd = await read(400, new Client(true));
  await vi.advanceTimersByTimeAsync(29_000);
  expect([stuck.destroyed, atTheEnd.destroyed]).toEqual([false, false]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect([stuck.destroyed, atTheEnd.destroyed]).toEqual([true, true]);
});

test('a silent stream says every fifteen seconds that it lives', async () => {
  source.tell(1);
  const client = await read();
  await vi.advanceTimersByTimeAsync(46_000);
  expect([client.heartbeats, client.seqs]).toEqual([3, [1]]);
});

test('streams outlive a store that is away', async () => {
  source.tell(1);
  const client = await read();
  source.away = true;
  source.tell(1);
  streams.hint({ taskId: source.taskId, seq: 2 });
  await vi.advanceTimersByTimeAsync(10_000);
  expect([client.seqs, client.writableEnded]).toEqual([[1], false]);
  source.away = false;
  await vi.advanceTimersByTimeAsync(4_000);
  expect(client.seqs).toEqual([1, 2]);
});

test('a page that cannot be read breaks the stream off, so that its client comes back', async () => {
  streams = new EventStreams(source, { windowEvents: 2 });
  source.tell(5);
  await read(5);
  source.away = true;
  expect((await read(0)).destroyed).toBe(true);
});

test('an unknown task, or a store that is away, is told before the stream begins and leaves nothing behind', async () => {
  const nowhere = '11111111-1111-1111-1111-111111111111';
  await expect(streams.open(nowhere, 0)).rejects.toThrow(TaskNotFoundError);
  source.away = true;
  await expect(streams.open(source.taskId, 0)).rejects.toThrow('The store did not take');
  source.away = false;
  expect((await read()).seqs).toEqual([]);
});

test('a task that nobody reads any more is not looked at', async () => {
  source.tell(1);
  const [one, two] = [await read(), await read()];
  one.destroy();
  await settled();
  source.tell(1);
  streams.hint({ taskId: source.taskId });
  await settled();
  expect(two.seqs).toEqual([1, 2]);
  two.destroy();
  await settled();
  const reads = source.eventReads;
  streams.hint({ taskId: source.taskId });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(source.eventReads).toBe(reads);
});

test('a shutdown ends every stream, drops what a slow reader did not take, and opens none', async () => {
  source.tell(400);
  const [quick, slow] = [await read(), await read(0, new Client(true))];
  streams.close();
  await settled();
  expect([quick.writableFinished, quick.seqs, slow.destroyed]).toEqual([true, upTo(400), true]);
  expect((await read()).writableFinished).toBe(true);
});
