import { inspect } from 'node:util';
import { registerTelemetry } from 'ai';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { LlmError } from './errors.ts';
import { dialects, TEST_KEY, testGateway } from './testDialects.ts';
import { constitutionRequest, document } from './testRequests.ts';
import { type Answer, startTestServer } from './testServer.ts';

const SECRET_PROMPT = 'canary-prompt-9c2b4a';
const prompt = { system: `system ${SECRET_PROMPT}`, user: `user ${SECRET_PROMPT}` };

/** Everything a logger could print of an error. */
function everythingIn(error: unknown): string {
  const chain = [];
  for (let link = error; link instanceof Error; link = link.cause) {
    chain.push(link.message, link.stack, JSON.stringify(link), JSON.stringify(Object.entries(link)));
  }
  return [...chain, inspect(error, { depth: 20, showHidden: true }), String(error)].join('\n');
}

const telemetry = vi.fn();
registerTelemetry({ onStart: telemetry, onEnd: telemetry });

const statuses = [400, 401, 403, 404, 429, 500];
const cases = dialects.flatMap((dialect) =>
  [false, true].map((stream) => ({ dialect, name: dialect.name, mode: stream ? 'streamed' : 'plain', stream })),
);
const printed = [
  vi.spyOn(console, 'error'),
  vi.spyOn(console, 'warn'),
  vi.spyOn(console, 'log'),
  vi.spyOn(process, 'emitWarning'),
];
afterEach(() => printed.forEach((spy) => void spy.mockClear()));

describe.each(cases)('$name, $mode', ({ dialect, stream }) => {
  test.each(statuses)('an HTTP %i that echoes the key and the prompt leaks neither', async (status) => {
    const echo: Answer = (response, request) => {
      const heard = `${JSON.stringify(request.headers)} ${request.body}`;
      dialect.error(status, heard, { 'x-echo': TEST_KEY })(response, request);
    };
    await expectNothingLeaks([echo, echo, echo]);
  });

  test('an invalid key that the provider quotes does not leak', async () => {
    await expectNothingLeaks([dialect.invalidKey]);
  });

  test('a reply that quotes the key and the prompt, and does not fit, does not leak', async () => {
    const quote = JSON.stringify({ [TEST_KEY]: SECRET_PROMPT, title: 7, cast: [{ key: `${TEST_KEY}!` }] });
    await expectNothingLeaks([dialect.reply(quote), dialect.reply(quote)], false);
  });

  test('a reply that is not JSON and quotes the key and the prompt does not leak', async () => {
    const quote = `${TEST_KEY} ${SECRET_PROMPT}`;
    await expectNothingLeaks([dialect.reply(quote), dialect.reply(quote)], false);
  });

  test('a success that is not the API’s JSON and quotes both does not leak', async () => {
    const page: Answer = (response, request) => response.writeHead(200).end(`<p>${request.body} ${TEST_KEY}</p>`);
    await expectNothingLeaks([page, page, page]);
  });

  test('an error inside a stream that echoes the key and the prompt leaks neither, and nothing is printed', async () => {
    const echo = dialect.errorInStream(400, `${TEST_KEY} ${SECRET_PROMPT}`);
    await expectNothingLeaks([echo], true);
  });

  test('a timeout and a refused connection leak nothing', async () => {
    await expectNothingLeaks([() => {}], stream, 500);
    await expectNothingLeaks([0, 0, 0].map((): Answer => (response) => response.destroy()));
  });

  test('a telemetry integration that is registered in the process hears nothing', async () => {
    await using server = await startTestServer([stream ? dialect.stream([document]) : dialect.reply(document)]);
    await testGateway(dialect, server.url, { stream }).generate(constitutionRequest({ prompt }));
    expect(telemetry).not.toHaveBeenCalled();
  });

  async function expectNothingLeaks(script: Answer[], streamed = stream, timeoutMs = 20_000): Promise<void> {
    await using server = await startTestServer(script);
    const gateway = testGateway(dialect, server.url, { stream: streamed, timeoutMs });
    const error = await gateway.generate(constitutionRequest({ prompt })).catch((thrown: unknown) => thrown);
    const shown = everythingIn(error) + JSON.stringify(printed.map((spy) => spy.mock.calls));
    expect(error).toBeInstanceOf(LlmError);
    expect(error).not.toHaveProperty('cause');
    expect(server.requests[0]?.body).toContain(SECRET_PROMPT);
    for (const secret of [TEST_KEY, SECRET_PROMPT, server.url]) expect(shown).not.toContain(secret);
  }
});
