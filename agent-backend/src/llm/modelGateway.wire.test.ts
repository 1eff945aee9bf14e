import { describe, expect, test } from 'vitest';
import { dialects, TEST_KEY, TEST_USAGE, testGateway } from './testDialects.ts';
import { constitution, constitutionRequest, document, twoEndings } from './testRequests.ts';
import { startTestServer } from './testServer.ts';

const thirds = [document.slice(0, 40), document.slice(40, 90), document.slice(90)];
const badJson = document.slice(0, 100);
const doubled = { inputTokens: TEST_USAGE.inputTokens * 2, outputTokens: TEST_USAGE.outputTokens * 2 };

describe.each(dialects)('$name', (dialect) => {
  test('a reply that fits comes back as a document with its token counts', async () => {
    await using server = await startTestServer([dialect.reply(document)]);
    const reply = await testGateway(dialect, server.url).generate(constitutionRequest());
    expect(reply).toEqual({ value: constitution, usage: TEST_USAGE });
  });

  test('the request goes to the right path, with the key in a header and not in the URL', async () => {
    await using server = await startTestServer([dialect.reply(document)]);
    await testGateway(dialect, server.url).generate(constitutionRequest());
    const [request] = server.requests;
    const [header, value] = dialect.keyHeader;
    expect(request?.path).toBe(dialect.path.plain);
    expect(request?.headers[header]).toBe(value);
    expect(request?.path).not.toContain(TEST_KEY);
  });

  test('the request carries the prompts, asks for JSON, and has the schema with its bounds in words', async () => {
    await using server = await startTestServer([dialect.reply(document)]);
    await testGateway(dialect, server.url).generate(constitutionRequest());
    const body = server.requests[0]?.body ?? '';
    expect(body).toContain('You plan stories.');
    expect(body).toContain('Plan the one about a lamp.');
    expect(dialect.formatOf(body)).toMatch(/json/);
    expect(dialect.schemaOf(body)).toMatchObject({
      required: Object.keys(constitution),
      additionalProperties: false,
      properties: { endings: { type: 'array', description: 'at least 2 items; at most 4 items' } },
    });
    expect(JSON.stringify(dialect.schemaOf(body))).not.toMatch(/maxItems|minItems|maxLength|"pattern"/);
  });

  test('a streamed reply reports the characters so far and comes back whole', async () => {
    await using server = await startTestServer([dialect.stream(thirds)]);
    const progress: number[] = [];
    const onProgress = (characters: number) => progress.push(characters);
    const reply = await testGateway(dialect, server.url, { stream: true }).generate(
      constitutionRequest({ onProgress }),
    );
    expect(reply).toEqual({ value: constitution, usage: TEST_USAGE });
    expect(progress).toEqual([40, 90, document.length]);
    expect(server.requests[0]?.path).toBe(dialect.path.streamed);
  });

  test('a truncated reply is repaired once, and the tokens of both calls are counted', async () => {
    await using server = await startTestServer([dialect.cutOff(badJson), dialect.reply(document)]);
    const reply = await testGateway(dialect, server.url).generate(constitutionRequest());
    expect(reply).toEqual({ value: constitution, usage: doubled });
    expect(server.requests[1]?.body).toContain('The reply was cut off before the JSON ended.');
    expect(server.requests[1]?.body).toContain(JSON.stringify(badJson).slice(1, -1));
  });

  test('a truncated streamed reply is repaired by a second stream', async () => {
    await using server = await startTestServer([dialect.stream([badJson]), dialect.stream(thirds)]);
    const reply = await testGateway(dialect, server.url, { stream: true }).generate(constitutionRequest());
    expect(reply).toEqual({ value: constitution, usage: doubled });
  });

  test('a reply that is truncated twice is LLM_INVALID_OUTPUT after exactly two requests, with the tokens spent', async () => {
    await using server = await startTestServer([dialect.reply(badJson), dialect.reply(badJson)]);
    const failed = testGateway(dialect, server.url).generate(constitutionRequest());
    await expect(failed).rejects.toMatchObject({ code: 'LLM_INVALID_OUTPUT', kind: 'retryable', usage: doubled });
    expect(server.requests).toHaveLength(2);
  });

  test('the repair of a document that does not fit its schema names the places and what is wrong there', async () => {
    const misfit = JSON.stringify({ ...constitution, title: '', cast: [] });
    await using server = await startTestServer([dialect.reply(misfit), dialect.reply(document)]);
    await testGateway(dialect, server.url).generate(constitutionRequest());
    expect(server.requests[1]?.body).toMatch(/- title: Too small.*- cast: Too small/s);
  });

  test('a refinement that no JSON schema can say is checked, and repaired like any other misfit', async () => {
    const [ending] = constitution.endings;
    const three = JSON.stringify({ ...constitution, endings: [...constitution.endings, { ...ending, key: 'third' }] });
    await using server = await startTestServer([dialect.reply(three), dialect.reply(document)]);
    const reply = await testGateway(dialect, server.url).generate(constitutionRequest({ schema: twoEndings }));
    expect(reply.value).toEqual(constitution);
    expect(server.requests[1]?.body).toContain('endings: there must be exactly two endings');
  });

  test('an empty reply is repaired without an empty turn in the conversation', async () => {
    await using server = await startTestServer([dialect.reply(''), dialect.reply(document)]);
    const reply = await testGateway(dialect, server.url).generate(constitutionRequest());
    expect(reply.value).toEqual(constitution);
    expect(server.requests[1]?.body).not.toMatch(/"(text|content)":""/);
  });

  test('JSON inside a Markdown fence is read as it is', async () => {
    await using server = await startTestServer([dialect.reply(`\`\`\`json\n${document}\n\`\`\``)]);
    const reply = await testGateway(dialect, server.url).generate(constitutionRequest());
    expect(reply.value).toEqual(constitution);
  });

  test.each(Object.entries(dialect.blocked))('%s is LLM_BLOCKED, and is not tried again', async (name, answer) => {
    await using server = await startTestServer([answer]);
    const gateway = testGateway(dialect, server.url, { stream: name.includes('stream') });
    await expect(gateway.generate(constitutionRequest())).rejects.toMatchObject({
      code: 'LLM_BLOCKED',
      kind: 'caller',
    });
    expect(server.requests).toHaveLength(1);
  });
});
