import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { dialects, recordingWorld, testGateway } from './testDialects.ts';
import { constitution, constitutionRequest, document } from './testRequests.ts';
import { type Answer, json, startTestServer } from './testServer.ts';

const modes = [
  { mode: 'plain', stream: false },
  { mode: 'streamed', stream: true },
];
const cases = dialects.flatMap((dialect) => modes.map((mode) => ({ dialect, name: dialect.name, ...mode })));

describe.each(cases)('$name, $mode', ({ dialect, stream }) => {
  const succeed = () => (stream ? dialect.stream([document]) : dialect.reply(document));

  test('a 429 with Retry-After is waited out for that long, then the call succeeds', async () => {
    await using server = await startTestServer([dialect.error(429, 'slow', { 'retry-after': '7' }), succeed()]);
    const world = recordingWorld();
    const reply = await testGateway(dialect, server.url, { stream, world }).generate(constitutionRequest());
    expect(reply.value).toEqual(constitution);
    expect(world.slept).toEqual([7000]);
  });

  test('a 429 that stays is given up after three requests, with how long the provider asked to wait', async () => {
    const limited = dialect.error(429, 'slow', { 'retry-after': 'Sun, 22 Nov 2026 12:00:45 GMT' });
    await using server = await startTestServer([limited, limited, limited]);
    const world = recordingWorld();
    const failed = testGateway(dialect, server.url, { stream, world }).generate(constitutionRequest());
    await expect(failed).rejects.toMatchObject({ code: 'LLM_RATE_LIMITED', kind: 'retryable', retryAfterMs: 45_000 });
    expect(server.requests).toHaveLength(3);
    expect(world.slept).toEqual([20_000, 20_000]);
  });

  test('a 500 that stays is LLM_UNAVAILABLE after three requests with growing waits between', async () => {
    const broken = dialect.error(500, 'broken');
    await using server = await startTestServer([broken, broken, broken]);
    const world = recordingWorld();
    const failed = testGateway(dialect, server.url, { stream, world }).generate(constitutionRequest());
    await expect(failed).rejects.toMatchObject({ code: 'LLM_UNAVAILABLE', kind: 'retryable' });
    expect(server.requests).toHaveLength(3);
    expect(world.slept).toEqual([750, 1500]);
  });

  test('a refused connection is LLM_UNAVAILABLE', async () => {
    const failed = testGateway(dialect, await urlNobodyServes(), { stream }).generate(constitutionRequest());
    await expect(failed).rejects.toMatchObject({ code: 'LLM_UNAVAILABLE' });
  });

  test('a connection broken before the reply is LLM_UNAVAILABLE after three requests', async () => {
    const cut: Answer = (response) => response.destroy();
    await using server = await startTestServer([cut, cut, cut]);
    const failed = testGateway(dialect, server.url, { stream }).generate(constitutionRequest());
    await expect(failed).rejects.toMatchObject({ code: 'LLM_UNAVAILABLE' });
    expect(server.requests).toHaveLength(3);
  });

  test('a connection broken in the middle of the reply is LLM_UNAVAILABLE after three requests', async () => {
    const cut: Answer = (response) => {
      response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' });
      response.write(stream ? 'data: {' : '{', () => response.destroy());
    };
    await using server = await startTestServer([cut, cut, cut]);
    const failed = testGateway(dialect, server.url, { stream }).generate(constitutionRequest());
    await expect(failed).rejects.toMatchObject({ code: 'LLM_UNAVAILABLE' });
    expect(server.requests).toHaveLength(3);
  });

  test('an API key that is not valid is LLM_AUTH, and is not tried again', async () => {
    await using server = await startTestServer([dialect.invalidKey]);
    const failed = testGateway(dialect, server.url, { stream }).generate(constitutionRequest());
    await expect(failed).rejects.toMatchObject({ code: 'LLM_AUTH', kind: 'fatal' });
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    [401, 'LLM_AUTH'],
    [403, 'LLM_AUTH'],
    [400, 'LLM_BAD_REQUEST'],
    [404, 'LLM_BAD_REQUEST'],
  ])('HTTP %i is %s, and is not tried again', async (status, code) => {
    await using server = await startTestServer([dialect.error(status, 'no')]);
    const failed = testGateway(dialect, server.url, { stream }).generate(constitutionRequest());
    await expect(failed).rejects.toMatchObject({ code, kind: 'fatal' });
    expect(server.requests).toHaveLength(1);
  });
});

describe.each(dialects)('$name', (dialect) => {
  test('a success that is not the JSON of the API is LLM_INVALID_OUTPUT', async () => {
    const page: Answer = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>a proxy</p>');
    await using server = await startTestServer([page]);
    const failed = testGateway(dialect, server.url).generate(constitutionRequest());
    await expect(failed).rejects.toMatchObject({ code: 'LLM_INVALID_OUTPUT' });
  });

  test('a stream that ends before its reply does is LLM_UNAVAILABLE after three requests', async () => {
    const brief = dialect.brokenOff('{"title":');
    await using server = await startTestServer([brief, brief, brief]);
    const failed = testGateway(dialect, server.url, { stream: true }).generate(constitutionRequest());
    await expect(failed).rejects.toMatchObject({ code: 'LLM_UNAVAILABLE' });
    expect(server.requests).toHaveLength(3);
  });

  test('an error that the provider reports in the stream is typed by its status, and tried again when that may help', async () => {
    const script = [dialect.errorInStream(503, 'busy'), dialect.stream([document])];
    await using server = await startTestServer(script);
    const reply = await testGateway(dialect, server.url, { stream: true }).generate(constitutionRequest());
    expect(reply.value).toEqual(constitution);
    expect(server.requests).toHaveLength(2);
  });
});

test('a wait that Gemini gives in the body alone is honoured', async () => {
  const [gemini] = dialects;
  if (gemini === undefined) throw new Error('no dialect');
  const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '3.5s' }];
  const limited = json(429, { error: { code: 429, message: 'quota', status: 'RESOURCE_EXHAUSTED', details } });
  await using server = await startTestServer([limited, gemini.reply(document)]);
  const world = recordingWorld();
  await testGateway(gemini, server.url, { world }).generate(constitutionRequest());
  expect(world.slept).toEqual([3500]);
});

/** A port that was free a moment ago. */
async function urlNobodyServes(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}
