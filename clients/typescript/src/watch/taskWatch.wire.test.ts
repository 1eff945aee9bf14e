/** Watches over a server that does what networks and servers do at their worst. */
import { once } from 'node:events';
import { isTerminal } from '@story-tasks/contracts';
import { seeded } from '@story-tasks/contracts/test';
import { expect, test } from 'vitest';
import { createClient } from '../client.ts';
import { StoryTasksConnectionError, StoryTasksError, UnexpectedAnswerError } from '../errors.ts';
import {
  answer,
  cut,
  eventOf,
  problem,
  type ScriptedApi,
  type Step,
  scriptedApi,
  silent,
  taskId,
  taskOf,
} from '../testing/scriptedApi.ts';
import {
  all,
  begin,
  block,
  last,
  over,
  positionOf,
  says,
  sound,
  streams,
  thenCut,
  thenSilent,
  told,
  wanted,
} from '../testing/scriptedStreams.ts';
import type { WatchOptions } from './taskWatch.ts';

const quick: WatchOptions = { silenceMs: 200, reconnectForMs: 5_000 };

async function seqsOf(api: ScriptedApi, options: WatchOptions = quick): Promise<number[]> {
  const seqs: number[] = [];
  for await (const { seq } of createClient(api).watch(taskId, options)) seqs.push(seq);
  return seqs;
}

const refused = [problem(503, 'STORE_UNAVAILABLE'), problem(502, 'X'), cut, problem(500, 'INTERNAL')];

test.each<[string, Step[]]>([
  ['is sound', []],
  ['ends without the terminal event', [says(told(1, 4))]],
  ['ends in the middle of an event', [says(told(1, 6).slice(0, -30))]],
  ['is cut in the middle of an event', [thenCut(told(1, 6).slice(0, -30))]],
  ['repeats what it told', [says(told(1, 4) + told(2, 4) + told(1, 5))]],
  ['begins anew each time', [says(told(1, 4)), says(told(1, 7))]],
  ['leaves events out', [says(told(1, 3) + told(6, 9))]],
  ['tells the end before the rest', [says(told(last, last))]],
  ['tells events in another order', [says(told(1, 2) + told(5, 5) + told(3, 4))]],
  ['falls silent', [begin, thenSilent(told(1, 5))]],
  ['does not even begin', [silent]],
  ['is refused for a while', [says(''), ...refused]],
  ['tells garbage', [says('garbage\n\ndata: {"half\n\n'), says(`${told(1, 2)}id: 3\ndata: 7\n\n`)]],
  ['tells an event under the wrong number', [says(block(eventOf(1)).replace('id: 1', 'id: 4'))]],
  ['tells comments and fields that nobody knows', [says(`: alive\n\nevent: x\ncolour: red\n${told(1, 2)}`)]],
  ['is over when events are left', [says(told(1, 3)), over]],
])('a stream that %s loses nothing and repeats nothing', async (_, script) => {
  await using api = await scriptedApi(streams(...script));
  expect(await seqsOf(api, { ...quick, timeoutMs: 300 })).toEqual(wanted);
});

test('a gateway’s word that nothing is left does not end the watch of a task that runs', async () => {
  const running = answer(200, { task: taskOf('running'), events: all.slice(2, 3), cancelable: true });
  await using api = await scriptedApi(says(told(1, 3)), over, running, sound);
  expect(await seqsOf(api)).toEqual(wanted);
});

test('letters that are cut in halves by the network come whole', async () => {
  const event = eventOf(1, 'succeeded', '灯台 🌊');
  await using api = await scriptedApi(async (response) => {
    begin(response);
    for (const byte of Buffer.from(block(event))) {
      response.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  });
  expect(await Array.fromAsync(createClient(api).watch(taskId, quick))).toEqual([event]);
});

/** A step that does something bad, and mostly gets on by a few events. */
function badStep(random: () => number): Step {
  const pick = (most: number) => Math.floor(random() * most);
  const bad: Step[] = [cut, problem(503, 'STORE_UNAVAILABLE'), begin];
  return (response, request) => {
    if (request.headers.accept !== 'text/event-stream') return sound(response, request);
    const other = bad[pick(12)];
    if (other) return other(response, request);
    const from = Math.max(1, positionOf(request) + 1 - pick(3) + pick(2));
    const text = told(from, from + pick(4)) + (pick(4) === 0 ? 'data: garbage\n\n' : '');
    return says(text.slice(0, text.length - pick(2) * pick(60)))(response, request);
  };
}

test('whatever mix of faults a server has, each event comes once and in order', { timeout: 60_000 }, async () => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  const rounds = 25;
  let requests = 0;
  for (let round = 0; round < rounds; round += 1) {
    await using api = await scriptedApi(says(''), badStep(seeded(seed + round)));
    expect(await seqsOf(api, { silenceMs: 60, reconnectForMs: 20_000 }), `SEED=${seed + round}`).toEqual(wanted);
    requests += api.seen.length;
  }
  console.log(`SEED=${seed}: ${rounds} watches of ${last} events over ${requests} requests: 0 missing, 0 repeated`);
});

test('a watch comes back with the number of its last event, and begins after the one it is given', async () => {
  await using api = await scriptedApi(says(told(1, 4)), says(told(5, 7)), sound);
  expect(await seqsOf(api)).toEqual(wanted);
  expect(api.seen.map(positionOf)).toEqual([0, 4, 7]);
  expect(await seqsOf(api, { ...quick, after: 9 })).toEqual([10, 11, 12]);
  expect(await seqsOf(api, { ...quick, after: last })).toEqual([]);
});

test('leaving the loop and breaking off by the signal both close the connection', async () => {
  const closed: Promise<unknown>[] = [];
  await using api = await scriptedApi((response) => {
    closed.push(once(response, 'close'));
    begin(response);
    response.write(told(1, 2));
  });
  for await (const _ of createClient(api).watch(taskId)) break;
  await closed[0];
  const controller = new AbortController();
  const reason = new Error('enough');
  const watching = (async () => {
    for await (const { seq } of createClient(api).watch(taskId, { signal: controller.signal })) {
      if (seq === 2) controller.abort(reason);
    }
  })();
  await expect(watching).rejects.toBe(reason);
  await closed[1];
});

test.each([404, 401, 422])('a refusal with %i is told at once', async (status) => {
  await using api = await scriptedApi(problem(status, 'REFUSED'));
  await expect(seqsOf(api)).rejects.toMatchObject({ status, code: 'REFUSED' });
  expect(api.seen).toHaveLength(1);
});

test('an API that stays away is given up after the time that it may, and each trouble is told', async () => {
  await using api = await scriptedApi(says(told(1, 2)), cut);
  const troubles: Error[] = [];
  const options = { ...quick, reconnectForMs: 400, onTrouble: (error: Error) => troubles.push(error) };
  await expect(seqsOf(api, options)).rejects.toThrow(StoryTasksConnectionError);
  expect(troubles.length).toBeGreaterThan(1);
  await using busy = await scriptedApi(problem(503, 'STORE_UNAVAILABLE'));
  await expect(seqsOf(busy, { ...quick, reconnectForMs: 0 })).rejects.toThrow(StoryTasksError);
});

test.each<[string, Step]>([
  [
    'always garbage',
    (response, request) =>
      request.headers.accept === 'application/json'
        ? answer(200, { events: [] })(response, request)
        : says('data: x\n\n')(response, request),
  ],
  ['a page', answer(200, '<html>', { 'content-type': 'text/html' })],
  [
    'a record with a hole',
    (response, request) =>
      request.headers.accept === 'application/json'
        ? answer(200, { events: [eventOf(3)] })(response, request)
        : says(told(3, 3))(response, request),
  ],
])('a server that tells %s is given up with that word', async (_, step) => {
  await using api = await scriptedApi(step);
  await expect(seqsOf(api)).rejects.toThrow(UnexpectedAnswerError);
});

test('an event without an end does not fill the memory', async () => {
  let written = 0;
  const endless: Step = async (response, request) => {
    if (request.headers.accept === 'application/json') return answer(200, { events: [] })(response, request);
    begin(response);
    response.write('id: 1\ndata: ');
    const closed = once(response, 'close');
    for (const piece = 'x'.repeat(1_000_000); !response.destroyed; written += piece.length) {
      if (!response.write(piece)) await Promise.race([once(response, 'drain'), closed]);
    }
    return undefined;
  };
  await using api = await scriptedApi(endless);
  await expect(seqsOf(api)).rejects.toThrow(UnexpectedAnswerError);
  // Five streams of eight million characters, and what was on the way.
  expect(written).toBeLessThan(100_000_000);
});

test('a reader that takes its time holds back the server', async () => {
  let written = 0;
  const message = 'x'.repeat(50_000);
  await using api = await scriptedApi(async (response) => {
    begin(response);
    for (let seq = 1; seq <= 1_000; seq += 1) {
      const text = block(eventOf(seq, seq === 1_000 ? 'succeeded' : null, message));
      written += text.length;
      if (!response.write(text)) await once(response, 'drain');
    }
    response.end();
  });
  const watch = createClient(api).watch(taskId);
  expect((await watch.next()).value).toMatchObject({ seq: 1 });
  // Whatever buffers there are on the way are full when nothing more is written.
  const figures: number[] = [];
  const stands = () => figures.push(written) > 1 && figures.at(-2) === written;
  await expect.poll(stands, { interval: 200, timeout: 5_000 }).toBe(true);
  console.log(`of 50 MB the server could write ${Math.round(written / 1e6)} MB before its reader took on`);
  expect(written).toBeLessThan(20_000_000);
  let seen = 1;
  for await (const event of watch) {
    seen += 1;
    if (event.status !== null) expect(isTerminal(event.status)).toBe(true);
  }
  expect(seen).toBe(1_000);
});
