import { getEventListeners } from 'node:events';
import { performance } from 'node:perf_hooks';
import { type Clock, systemWorld } from '@story-tasks/contracts';
import { afterAll, describe, expect, test } from 'vitest';
import { dialects, testGateway } from './testDialects.ts';
import { constitutionRequest, document } from './testRequests.ts';
import { hang, type SeenRequest, startTestServer } from './testServer.ts';

const cases = dialects.flatMap((dialect) =>
  [false, true].map((stream) => ({ dialect, name: dialect.name, mode: stream ? 'streamed' : 'plain', stream })),
);
const reason = new Error('the caller changed its mind');
/** Long enough for a busy machine to get the request out first. */
const TIMEOUT_MS = 500;
const measured: string[] = [];
afterAll(() => console.log(`from abort to closed connection: ${measured.join(', ')}`));

/** Aborts the call that `request` came from, and waits for its rejection and for the end of its connection. */
async function abortAndMeasure(label: string, caller: AbortController, failed: Promise<unknown>, request: SeenRequest) {
  const aborted = performance.now();
  caller.abort(reason);
  await expect(failed).rejects.toBe(reason);
  const took = (await request.closed) - aborted;
  measured.push(`${label} ${took.toFixed(1)} ms`);
  expect(took).toBeLessThan(1000);
}

describe.each(cases)('$name, $mode', ({ dialect, name, mode, stream }) => {
  test('a hang that the caller aborts rejects with its reason, and the connection closes', async () => {
    await using server = await startTestServer([hang]);
    const caller = new AbortController();
    const gateway = testGateway(dialect, server.url, { stream });
    const failed = gateway.generate(constitutionRequest({ signal: caller.signal }));
    await abortAndMeasure(`${name} ${mode}`, caller, failed, await server.arrival(1));
  });

  test('a hang beyond the timeout is LLM_TIMEOUT, is not tried again, and the connection closes', async () => {
    await using server = await startTestServer([hang]);
    const failed = testGateway(dialect, server.url, { stream, timeoutMs: TIMEOUT_MS }).generate(constitutionRequest());
    await expect(failed).rejects.toMatchObject({ code: 'LLM_TIMEOUT', kind: 'retryable' });
    await (await server.arrival(1)).closed;
    expect(server.requests).toHaveLength(1);
  });

  test('a signal that is already aborted makes no request', async () => {
    await using server = await startTestServer([]);
    const signal = AbortSignal.abort(new Error('too late'));
    const failed = testGateway(dialect, server.url, { stream }).generate(constitutionRequest({ signal }));
    await expect(failed).rejects.toThrow('too late');
    expect(server.requests).toHaveLength(0);
  });

  test('a wait between retries ends at once when the caller aborts', async () => {
    await using server = await startTestServer([dialect.error(503, 'broken', { 'retry-after': '20' })]);
    const caller = new AbortController();
    const after: Clock['after'] = (milliseconds, callback) => {
      queueMicrotask(() => caller.abort(reason));
      return systemWorld.clock.after(milliseconds, callback);
    };
    const world = { ...systemWorld, clock: { ...systemWorld.clock, after } };
    const gateway = testGateway(dialect, server.url, { stream, world });
    const failed = gateway.generate(constitutionRequest({ signal: caller.signal }));
    await expect(failed).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  test('many calls on one signal leave no listener on it', async () => {
    const answer = stream ? dialect.stream([document]) : dialect.reply(document);
    await using server = await startTestServer(Array.from({ length: 12 }, () => answer));
    const { signal } = new AbortController();
    const gateway = testGateway(dialect, server.url, { stream });
    for (let call = 0; call < 12; call += 1) await gateway.generate(constitutionRequest({ signal }));
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe.each(dialects)('$name, in the middle of a stream', (dialect) => {
  const begun = dialect.stream(['{"title":'], { open: true });

  test('a hang that the caller aborts rejects with its reason, and the connection closes', async () => {
    await using server = await startTestServer([begun]);
    const caller = new AbortController();
    const streaming = Promise.withResolvers<number>();
    const request = constitutionRequest({ signal: caller.signal, onProgress: streaming.resolve });
    const failed = testGateway(dialect, server.url, { stream: true }).generate(request);
    await streaming.promise;
    await abortAndMeasure(`${dialect.name} mid-stream`, caller, failed, await server.arrival(1));
  });

  test('a hang beyond the timeout is LLM_TIMEOUT, and the connection closes', async () => {
    await using server = await startTestServer([begun]);
    const failed = testGateway(dialect, server.url, { stream: true, timeoutMs: TIMEOUT_MS }).generate(
      constitutionRequest(),
    );
    await expect(failed).rejects.toMatchObject({ code: 'LLM_TIMEOUT' });
    await (await server.arrival(1)).closed;
  });

  test('a progress callback that throws fails the call, and the connection closes', async () => {
    await using server = await startTestServer([begun]);
    const onProgress = () => {
      throw new TypeError('a bug in the caller');
    };
    const failed = testGateway(dialect, server.url, { stream: true }).generate(constitutionRequest({ onProgress }));
    await expect(failed).rejects.toMatchObject({ code: 'LLM_BAD_REQUEST', kind: 'fatal' });
    await (await server.arrival(1)).closed;
  });
});
