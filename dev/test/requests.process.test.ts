import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { type Problem, problemSchema } from '@story-tasks/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, checkDocumented } from './documentedAnswers.ts';
import { send as call } from './httpCalls.ts';
import { ended, type System, startSystem, waitForTask } from './system.ts';

let system: System;
let storyId: string;
const unknownId = '00000000-0000-4000-8000-000000000000';

beforeAll(async () => {
  system = await startSystem();
  storyId = await system.client.createStory('A fox', 'A fox crosses a frozen lake to return a borrowed lantern.');
});
afterAll(() => system.stop());

interface Sent {
  readonly method?: string;
  readonly body?: string | undefined;
  readonly headers?: Record<string, string>;
}

async function send(path: string, { method = 'POST', body, headers = {} }: Sent = {}): Promise<Answer> {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return call(system, path, { method, body: body ?? null, headers: { ...type, ...headers } });
}

async function problem(path: string, sent: Sent = {}): Promise<Problem & { contentType: string | null }> {
  const { headers, text, status } = await send(path, sent);
  const told = problemSchema.parse(JSON.parse(text));
  expect(told.status).toBe(status);
  expect(text).not.toMatch(/\bat .*\.ts/);
  return { ...told, contentType: headers.get('content-type') };
}

const create = (body: unknown) => problem('/api/story-tasks', { body: JSON.stringify(body) });
const workflow = (changes: object) => ({
  operation: 'RUN_WORKFLOW_TASK',
  storyId,
  options: { task: 'CREATE_CONSTITUTION' },
  ...changes,
});

describe('creating a task with bad input', () => {
  test.each([
    ['an unknown operation', () => workflow({ operation: 'PAINT' }), 'operation'],
    ['no operation', () => workflow({ operation: undefined }), 'operation'],
    ['no story', () => workflow({ storyId: undefined }), 'storyId'],
    ['a malformed story id', () => workflow({ storyId: 'seven' }), 'storyId'],
    ['an unknown story', () => workflow({ storyId: unknownId }), 'storyId'],
    ['options of the wrong shape', () => workflow({ options: 'fast' }), 'options'],
    ['an unknown workflow task', () => workflow({ options: { task: 'CREATE_OPERA' } }), 'options.task'],
    ['an unknown option', () => workflow({ options: { task: 'CREATE_CONSTITUTION', speed: 9 } }), 'options.speed'],
    ['an unknown key', () => workflow({ priority: 1 }), 'priority'],
    ['no attempts at all', () => workflow({ attempts: 0 }), 'attempts'],
  ])('%s is a 422 that names the field', async (_name, body, path) => {
    const told = await create(body());
    expect(told.status).toBe(422);
    expect(told.contentType).toContain('application/problem+json');
    expect(told.errors?.map((error) => error.path)).toContain(path);
  });

  test.each([
    ['null', 'null'],
    ['a list', '[]'],
    ['a string', '"run"'],
  ])('%s in place of an object is a 422', async (_name, body) => {
    expect((await problem('/api/story-tasks', { body })).status).toBe(422);
  });

  test('every fault is told at once', async () => {
    const told = await create({ operation: 'RUN_WORKFLOW_TASK', storyId: 'x', options: {}, colour: 'red' });
    expect(told.errors?.map((error) => error.path).sort()).toEqual(['colour', 'options.task', 'storyId']);
  });

  test('broken JSON is a 400', async () => {
    const told = await problem('/api/story-tasks', { body: '{"operation":' });
    expect([told.status, told.code]).toEqual([400, 'MALFORMED_JSON']);
  });

  test('a body of 2 MB is a 413', async () => {
    const told = await problem('/api/stories', { body: JSON.stringify({ initialPrompt: 'x'.repeat(2_000_000) }) });
    expect([told.status, told.code]).toEqual([413, 'BODY_TOO_LARGE']);
  });

  test('a body that is not JSON by its type is a 415', async () => {
    const told = await problem('/api/story-tasks', { body: 'operation=x', headers: { 'content-type': 'text/plain' } });
    expect([told.status, told.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });
});

describe('reading and cancelling with bad input', () => {
  test.each([
    ['an id that is no uuid', 'GET', '/api/story-tasks/7', 422],
    ['an unknown task', 'GET', `/api/story-tasks/${unknownId}`, 404],
    ['a limit of 0', 'GET', `/api/story-tasks/${unknownId}?limit=0`, 422],
    ['a limit of 101', 'GET', `/api/story-tasks/${unknownId}?limit=101`, 422],
    ['an unknown query parameter', 'GET', `/api/story-tasks/${unknownId}?page=2`, 422],
    ['cancelling an id that is no uuid', 'POST', '/api/story-tasks/7/cancel', 422],
    ['cancelling an unknown task', 'POST', `/api/story-tasks/${unknownId}/cancel`, 404],
    ['an unknown story', 'GET', `/api/stories/${unknownId}`, 404],
    ['the bundle of an unknown story', 'GET', `/api/stories/${unknownId}/bundle`, 404],
    ['a call that does not exist', 'GET', '/api/nothing', 404],
    ['the document with a query', 'GET', '/api/openapi.json?format=yaml', 422],
    ['a post of the document', 'POST', '/api/openapi.json', 404],
    ['the documentation with a query', 'GET', '/api/docs?x=1', 422],
    ['a file beside the documentation', 'GET', '/api/docs/..%2fpackage.json', 404],
    ['a path that cannot be decoded', 'GET', '/api/stories/%E0%A4%A', 400],
  ])('%s', async (_name, method, path, status) => {
    expect((await problem(path, { method })).status).toBe(status);
  });

  test('a story without a bundle says what to run', async () => {
    const told = await problem(`/api/stories/${storyId}/bundle`, { method: 'GET' });
    expect([told.status, told.code]).toEqual([404, 'BUNDLE_NOT_FOUND']);
    expect(told.detail).toContain('BUILD_PLAYER_BUNDLE');
  });

  test('a story with an empty prompt or an unknown key is a 422', async () => {
    const told = await problem('/api/stories', {
      body: JSON.stringify({ displayName: 'x', initialPrompt: ' ', mood: 'dark' }),
    });
    expect(told.errors?.map((error) => error.path).sort()).toEqual(['initialPrompt', 'mood']);
  });

  test.each(['a\\u0000b', 'a\\ud800b'])(
    'text that Postgres cannot store (%s) is a 422, not a failure of the store',
    async (text) => {
      const told = await problem('/api/stories', { body: `{"displayName":"x","initialPrompt":"${text}"}` });
      expect(told.errors?.map((error) => error.path)).toEqual(['initialPrompt']);
      const id = (await system.tasks.createTask({ operation: 'RUN_WORKFLOW_TASK', storyId })).task.id;
      expect((await problem(`/api/story-tasks/${id}/cancel`, { body: `{"reason":"${text}"}` })).status).toBe(422);
    },
  );

  test('a finished task cannot be cancelled, and a cancelled one can be again', async () => {
    const done = await system.client.createTask('REGENERATE_CONSTITUTION', storyId);
    await waitForTask(system, done, ended);
    const told = await problem(`/api/story-tasks/${done}/cancel`);
    expect([told.status, told.code]).toEqual([409, 'ILLEGAL_TRANSITION']);
    const { task } = await system.tasks.createTask({ operation: 'RUN_WORKFLOW_TASK', storyId });
    expect((await send(`/api/story-tasks/${task.id}/cancel`)).status).toBe(200);
    expect((await send(`/api/story-tasks/${task.id}/cancel`, { body: '{"reason":"again"}' })).status).toBe(200);
  });
});

describe('every answer', () => {
  test('carries a request id, and keeps one that is safe to print', async () => {
    const kept = await send('/api/nothing', { method: 'GET', headers: { 'x-request-id': 'abc-123' } });
    expect(kept.headers.get('x-request-id')).toBe('abc-123');
    const replaced = await send('/api/nothing', { method: 'GET', headers: { 'x-request-id': 'a b<script>' } });
    expect(replaced.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('has the security headers and no name of the software', async () => {
    const { headers } = await send('/api/nothing', { method: 'GET' });
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  test('a created task is found at its Location', async () => {
    const body = JSON.stringify(workflow({}));
    const { status, headers, text } = await send('/api/story-tasks', { body });
    expect(status).toBe(201);
    const { taskId } = JSON.parse(text) as { taskId: string };
    expect(headers.get('location')).toBe(`/api/story-tasks/${taskId}`);
    expect((await waitForTask(system, taskId, ended)).task.status).toBe('succeeded');
  });

  test('an upload that breaks off harms nobody', async () => {
    const { port } = new URL(system.apiUrl);
    const upload = httpRequest({
      port,
      method: 'POST',
      path: '/api/stories',
      headers: { 'content-type': 'application/json' },
    });
    upload.on('error', () => undefined);
    upload.write('{"displayName":');
    await once(upload, 'socket');
    upload.destroy();
    expect((await send(`/api/stories/${storyId}`, { method: 'GET' })).status).toBe(200);
  });
});

describe('the comparison with the document', () => {
  const empty = '{"tasks":[],"nextCursor":null}';
  const json = { 'content-type': 'application/json', 'x-request-id': 'r' };
  const answer = (status: number, text: string, headers: Record<string, string> = json): Answer => ({
    status,
    text,
    headers: new Headers(headers),
  });

  test.each<[string, Answer, RegExp]>([
    ['a status', answer(418, empty), /the status is not documented/],
    ['a field', answer(200, empty.replace('{', '{"more":1,')), /must NOT have additional properties/],
    ['a value', answer(200, empty.replace('null', '7')), /nextCursor must be/],
    ['a media type', answer(200, empty, { ...json, 'content-type': 'text/plain' }), /its type is text\/plain/],
    ['the lack of a header', answer(200, empty, { 'content-type': 'application/json' }), /it lacks X-Request-Id/],
    ['a problem', answer(422, '{}', { ...json, 'content-type': 'application/problem+json' }), /must have required/],
  ])('finds %s that is not in it', async (_name, faulty, words) => {
    await expect(checkDocumented(system.apiUrl, 'GET', '/api/story-tasks?limit=1', faulty)).rejects.toThrow(words);
    await checkDocumented(system.apiUrl, 'GET', '/api/story-tasks', answer(200, empty));
  });
});
