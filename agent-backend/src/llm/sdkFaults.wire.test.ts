/**
 * What the AI SDK does that this folder works around. When one of these fails after an upgrade, the fault is gone, and
 * so may be its workaround (named behind each test).
 */
import { inspect } from 'node:util';
import { createGoogle } from '@ai-sdk/google';
import { APICallError, generateText, Output, streamText } from 'ai';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { dialects, TEST_KEY } from './testDialects.ts';
import { json, startTestServer } from './testServer.ts';

const [gemini] = dialects;
if (gemini === undefined) throw new Error('no dialect');
const modelAt = (url: string) => createGoogle({ apiKey: TEST_KEY, baseURL: url })('test-model');
const prompt = 'a prompt nobody should see';

test('the SDK’s error holds the prompt and the provider’s reply (sdkErrors.ts: no cause)', async () => {
  await using server = await startTestServer([json(400, { error: { code: 400, message: TEST_KEY, status: 'X' } })]);
  const error = await generateText({ model: modelAt(server.url), prompt, maxRetries: 0 }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(APICallError);
  expect(inspect(error, { depth: 20 })).toContain(prompt);
  expect(inspect(error, { depth: 20 })).toContain(TEST_KEY);
});

test('streamText prints that error on the console when no onError is given (modelCall.ts: onError)', async () => {
  await using server = await startTestServer([json(400, {})]);
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
  const result = streamText({ model: modelAt(server.url), prompt, maxRetries: 0 });
  for await (const _ of result.stream);
  expect(inspect(printed.mock.calls, { depth: 20 })).toContain(prompt);
  printed.mockRestore();
});

test('leaving the loop over a stream does not close its connection (modelCall.ts: left)', async () => {
  await using server = await startTestServer([gemini.stream(['{'], { open: true }), json(200, {})]);
  const result = streamText({ model: modelAt(server.url), prompt, maxRetries: 0 });
  for await (const part of result.stream) if (part.type === 'text-delta') break;
  let closed = false;
  void server.requests[0]?.closed.then(() => {
    closed = true;
  });
  // A whole exchange over the same loopback: a close that was on its way would have come by its end.
  await (await fetch(server.url)).text();
  expect(closed).toBe(false);
});

test('the Gemini provider sends array bounds, which Gemini refuses in numbers (wireSchema.ts; vercel/ai#21192)', async () => {
  await using server = await startTestServer([gemini.reply('{"tags":["one"]}')]);
  const schema = z.object({ tags: z.array(z.string()).max(3) });
  await generateText({ model: modelAt(server.url), prompt, output: Output.object({ schema }), maxRetries: 0 });
  expect(gemini.schemaOf(server.requests[0]?.body ?? '')).toMatchObject({ properties: { tags: { maxItems: 3 } } });
});

test('Output.object holds back a stream it cannot parse yet (modelCall.ts: jsonText)', async () => {
  await using server = await startTestServer([gemini.stream(['```json\n', '{"tag":', '"one"}', '\n```'])]);
  const output = Output.object({ schema: z.object({ tag: z.string() }) });
  const result = streamText({ model: modelAt(server.url), prompt, output, maxRetries: 0 });
  const deltas: string[] = [];
  for await (const part of result.stream) if (part.type === 'text-delta') deltas.push(part.text);
  expect(deltas).toHaveLength(1);
});
