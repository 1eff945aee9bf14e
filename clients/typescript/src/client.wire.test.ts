import { expect, test } from 'vitest';
import { createClient } from './client.ts';
import { ClientUsageError, StoryTasksConnectionError, StoryTasksError, UnexpectedAnswerError } from './errors.ts';
import { answer, closedUrl, cut, problem, scriptedApi, silent, taskId, taskOf } from './testing/scriptedApi.ts';

const request = { operation: 'BUILD_PLAYER_BUNDLE', storyId: taskId } as const;
const created = answer(201, { taskId });
const busy = problem(503, 'STORE_UNAVAILABLE', { 'retry-after': '0' });
const canary = 'canary-token-must-not-show';

/** What a call that must fail fails with. */
const failure = (call: Promise<unknown>): Promise<Error & Record<string, unknown>> =>
  call.then(
    () => Promise.reject(new Error('it did not fail')),
    (error) => error,
  );

test('a create that got no answer is repeated with the key of the first', async () => {
  await using api = await scriptedApi(cut, busy, created);
  expect(await createClient(api).create(request)).toEqual({ taskId });
  const keys = api.seen.map(({ headers }) => headers['idempotency-key']);
  expect(api.seen.map(({ body }) => JSON.parse(body))).toEqual([request, request, request]);
  expect([keys.length, new Set(keys).size]).toEqual([3, 1]);
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
});

test('two creates have two keys, and a caller’s own is kept', async () => {
  await using api = await scriptedApi(created);
  const client = createClient(api);
  await client.create(request);
  await client.create(request);
  await client.create(request, { idempotencyKey: 'my-key' });
  const keys = api.seen.map(({ headers }) => headers['idempotency-key']);
  expect([new Set(keys).size, keys[2]]).toEqual([3, 'my-key']);
});

test('what makes something each time is not repeated once it may have been done', async () => {
  for (const call of [
    (url: string) => createClient({ url }).retry(taskId),
    (url: string) => createClient({ url }).createStory({ displayName: 'x', initialPrompt: 'y' }),
  ]) {
    for (const step of [cut, busy]) {
      await using api = await scriptedApi(step, created);
      await expect(call(api.url)).rejects.toThrow();
      expect(api.seen).toHaveLength(1);
    }
  }
});

test('reads, starts and cancellations are repeated; with retries 0 nothing is', async () => {
  const task = taskOf('cancelled');
  await using api = await scriptedApi(busy, answer(200, { task }), busy, answer(202, { task }), busy);
  const client = createClient(api);
  expect(await client.start(taskId)).toEqual(task);
  expect(await client.cancel(taskId, { reason: 'why' })).toEqual({ outcome: 'cancelling', task });
  expect(JSON.parse(api.seen[3]?.body ?? '')).toEqual({ reason: 'why' });
  await expect(client.list({}, { retries: 0 })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(api.seen).toHaveLength(5);
});

test('a refusal has the problem’s code and words, the request’s id and when to come back', async () => {
  const errors = [{ path: 'storyId', message: 'must be a uuid' }];
  await using api = await scriptedApi(problem(422, 'REQUEST_INVALID', { 'retry-after': '7' }, { errors }));
  const error = await failure(createClient(api).get(taskId));
  expect(error).toBeInstanceOf(StoryTasksError);
  expect(error).toMatchObject({
    status: 422,
    code: 'REQUEST_INVALID',
    kind: 'caller',
    requestId: 'r-1',
    retryAfter: 7,
  });
  expect(error.message).toBe('In words. storyId: must be a uuid');
  expect((error as unknown as StoryTasksError).problem.errors).toEqual(errors);
});

test('an answer of a gateway, of a redirect and of another site are told as such', async () => {
  const page = (status: number, headers: Record<string, string>) =>
    answer(status, '<html>', { 'content-type': 'text/html', ...headers });
  await using elsewhere = await scriptedApi(created);
  await using api = await scriptedApi(page(502, {}), page(301, { location: elsewhere.url }), page(200, {}));
  const client = createClient({ ...api, token: canary, retries: 0 });
  expect(await failure(client.get(taskId))).toMatchObject({ status: 502, code: 'HTTP_502', kind: 'retryable' });
  expect(await failure(client.create(request))).toMatchObject({ status: 301, code: 'HTTP_301' });
  expect(elsewhere.seen).toEqual([]);
  expect(await failure(client.get(taskId))).toBeInstanceOf(UnexpectedAnswerError);
});

test('an API that is not there is tried again and told with the system’s own word', async () => {
  const url = await closedUrl();
  const startedAt = performance.now();
  const error = await failure(createClient({ url, retries: 1 }).createStory({ displayName: 'x', initialPrompt: 'y' }));
  expect(error).toBeInstanceOf(StoryTasksConnectionError);
  expect(error).toMatchObject({ neverSent: true, message: `The API at ${url} cannot be reached (ECONNREFUSED).` });
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(100);
});

test('a call that takes too long is given up', async () => {
  await using api = await scriptedApi(silent);
  const error = await failure(createClient({ ...api, timeoutMs: 100, retries: 0 }).get(taskId));
  expect(error).toMatchObject({ code: 'API_UNREACHABLE', neverSent: false });
  expect(error.message).toContain('no answer in time');
});

test('a call is broken off by its signal, while it is made and while it waits to be made again', async () => {
  for (const step of [silent, problem(503, 'STORE_UNAVAILABLE', { 'retry-after': '20' })]) {
    await using api = await scriptedApi(step);
    const controller = new AbortController();
    const call = failure(createClient(api).list({}, { signal: controller.signal }));
    await expect.poll(() => api.seen.length).toBe(1);
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await call).toBe(reason);
  }
});

test('all pages are read one after the other, as they are asked for', async () => {
  const page = (nextCursor: string | null) => answer(200, { tasks: [taskOf('queued'), taskOf('queued')], nextCursor });
  await using api = await scriptedApi(page('one'), page('two'), page(null));
  const client = createClient(api);
  let seen = 0;
  for await (const _ of client.listAll({ status: 'queued' })) seen += 1;
  expect(seen).toBe(6);
  expect(api.seen.map(({ path }) => path)).toEqual([
    '/api/story-tasks?limit=100&status=queued',
    '/api/story-tasks?limit=100&status=queued&cursor=one',
    '/api/story-tasks?limit=100&status=queued&cursor=two',
  ]);
  for await (const _ of client.listAll()) break;
  expect(api.seen).toHaveLength(4);
});

test('a token goes with each request, is asked for anew, and is in no error', async () => {
  await using api = await scriptedApi(problem(401, 'UNAUTHENTICATED'));
  const tokens = [`${canary}-1`, `${canary}-2`];
  const client = createClient({ ...api, token: () => tokens[api.seen.length] ?? '' });
  for (const _ of [1, 2]) {
    const error = await failure(client.get(taskId));
    expect(JSON.stringify([error, error.message, error.stack])).not.toContain(canary);
  }
  expect(api.seen.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${canary}-1`, `Bearer ${canary}-2`]);
  const broken = await failure(createClient({ ...api, token: `${canary}\nX: y` }).get(taskId));
  expect(broken).toBeInstanceOf(ClientUsageError);
  expect(String(broken)).not.toContain(canary);
});

test.each(['', 'story-tasks:8080', 'ftp://x', 'http://user:pass@x', 'http://x?y=1', 'http://x/#y'])(
  '%j is no URL of an API',
  (url) => {
    expect(() => createClient({ url })).toThrow(ClientUsageError);
    expect(() => createClient({ url })).not.toThrow('pass');
  },
);

test('a path before /api is kept', async () => {
  await using api = await scriptedApi(created);
  await createClient({ url: `${api.url}/stories/` }).create(request);
  expect(api.seen[0]?.path).toBe('/stories/api/story-tasks');
});

test.each(['', '..', '7', `${taskId}/cancel`])('%j is no id of a task, and is never sent', async (id) => {
  await using api = await scriptedApi(created);
  const client = createClient(api);
  for (const call of [() => client.get(id), () => client.cancel(id), () => client.retry(id)]) {
    expect(await failure(call())).toBeInstanceOf(ClientUsageError);
  }
  expect(() => client.watch(id)).toThrow(ClientUsageError);
  expect(api.seen).toEqual([]);
});

test('a key that no header can carry is refused before it is sent', async () => {
  await using api = await scriptedApi(created);
  expect(await failure(createClient(api).create(request, { idempotencyKey: 'a b' }))).toBeInstanceOf(ClientUsageError);
  expect(api.seen).toEqual([]);
});
