/** Two people and the project's server on one record: what is another's is answered as what never was, by every call. */

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operations } from '@story-tasks/contracts';
import { createLogger, Metrics } from '@story-tasks/runtime';
import {
  createBundleStore,
  createSceneletsRepository,
  createStoriesRepository,
  createStoryTasksRepository,
  saveStoryWork,
} from '@story-tasks/supabase';
import { type Backend, backends } from '@story-tasks/supabase/test';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../src/app.ts';
import { createAuthentication } from '../src/auth/authentication.ts';
import type { ApiDependencies } from '../src/dependencies.ts';
import { endpoints } from '../src/endpoints/index.ts';
import { EventStreams } from '../src/streams/eventStreams.ts';

const secret = 'the-secret-of-a-project-that-signs-by-hs256';
const logger = createLogger('api', 'silent');

function tokenOf(claims: Record<string, unknown>): Promise<string> {
  const signed = new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('10m');
  return signed.sign(new TextEncoder().encode(secret));
}
const personal = (sub: string) => tokenOf({ sub, role: 'authenticated', aud: 'authenticated' });

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

describe.each(backends)('on $backend', ({ start }) => {
  let backend: Backend;
  let dir: string;
  let server: Server;
  let streams: EventStreams;
  let dependencies: ApiDependencies;
  let owner: string;
  let stranger: string;
  let service: string;
  let ownerId: string;
  let storyId: string;
  let taskId: string;

  beforeAll(async () => {
    backend = await start();
    dir = await mkdtemp(join(tmpdir(), 'story-tasks-ownership-'));
    dependencies = dependenciesOn();
    const settings = {
      AUTH_MODE: 'supabase' as const,
      AUTH_ALLOWED_SERVICE_ACCOUNTS: [],
      AUTH_JWT_SECRET: secret,
      SUPABASE_URL: backend.url,
    };
    server = createApp(dependencies, await createAuthentication(settings, logger)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ownerId = await backend.signUp();
    owner = await personal(ownerId);
    stranger = await personal(await backend.signUp());
    service = await tokenOf({ role: 'service_role' });
    storyId = String((await post(owner, '/api/stories', story)).body['storyId']);
    taskId = await create(owner, storyId);
    await giveBundle();
  });
  afterAll(async () => {
    streams.close();
    server.close();
    server.closeAllConnections();
    await backend.stop();
    await rm(dir, { recursive: true, force: true });
  });

  function dependenciesOn(): ApiDependencies {
    const tasks = createStoryTasksRepository(backend.store);
    streams = new EventStreams(tasks);
    return {
      tasks,
      stories: createStoriesRepository(backend.store),
      scenelets: createSceneletsRepository(backend.store),
      bundles: createBundleStore(`dir:${dir}`, { client: backend.store.client }),
      lanes: { enqueue: async () => 'added' as never, remove: async () => undefined as never },
      streams,
      publishCancellation: async () => undefined,
      logger,
      attemptsOf: (operation) => operations[operation].defaults.attempts,
      metrics: new Metrics(),
    };
  }

  async function ask(
    token: string,
    method: string,
    path: string,
    body?: unknown,
    headers: object = {},
  ): Promise<Answer> {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
    const all = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers };
    const response = await fetch(url, {
      method,
      headers: all,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, body: text.startsWith('{') ? JSON.parse(text) : {} };
  }
  const get = (token: string, path: string) => ask(token, 'GET', path);
  const post = (token: string, path: string, body?: unknown, headers = {}) => ask(token, 'POST', path, body, headers);

  const story = { displayName: 'A fox', initialPrompt: 'A fox crosses a frozen lake.' };
  const workflow = (on: string, more: object = {}) => ({
    operation: 'RUN_WORKFLOW_TASK',
    storyId: on,
    options: { task: 'CREATE_CONSTITUTION', ...more },
  });

  async function create(token: string, on: string, headers = {}): Promise<string> {
    const answer = await post(token, '/api/story-tasks', workflow(on), headers);
    return String(answer.body['taskId'] ?? answer.text);
  }

  /** So that there is something to see. */
  async function giveBundle(): Promise<void> {
    const claim = { taskId, claimToken: randomUUID(), workerId: 'w', leaseMs: 60_000, resumable: true };
    await createStoryTasksRepository(backend.store).claimTask(claim);
    const { bundlePath } = await createBundleStore(`dir:${dir}`, { client: backend.store.client }).put(
      `${storyId}/${taskId}.html`,
      '<p>the owner’s own words</p>',
      new AbortController().signal,
    );
    await saveStoryWork(backend.store, { taskId, attempt: 1 }, storyId, { kind: 'bundle_path', path: bundlePath });
  }

  /** What tells one refusal from another, apart from the id that was asked for. */
  function shapeOf({ status, text }: Answer, id: string): object {
    return { status, text: text.replaceAll(id, '<id>').replace(/"requestId":"[^"]*"/, '') };
  }

  const guarded = endpoints.filter(({ path }) => path.includes('/:id'));

  test.each(guarded.map(({ method, path }) => [method, path]))(
    '%s %s of another person is as if it were not',
    async (method, path) => {
      const [own, never] = [path.startsWith('/api/stories') ? storyId : taskId, randomUUID()];
      const before = await get(service, `/api/story-tasks/${taskId}?limit=100`);
      for (const accept of ['application/json', 'text/event-stream', 'text/html']) {
        const asked = (id: string) => ask(stranger, method, path.replace(':id', id), undefined, { accept });
        const [others, nobodys] = [await asked(own), await asked(never)];
        expect(others.status).toBe(404);
        expect(shapeOf(others, own)).toEqual(shapeOf(nobodys, never));
        expect(others.text).not.toContain('fox');
      }
      expect(await get(service, `/api/story-tasks/${taskId}?limit=100`)).toEqual(before);
    },
  );

  test('the owner sees the story, its bundle and the task with its events, and the server does too', async () => {
    for (const token of [owner, service]) {
      expect((await get(token, `/api/stories/${storyId}`)).body).toMatchObject({ displayName: 'A fox' });
      expect((await get(token, `/api/stories/${storyId}/bundle`)).text).toContain('the owner’s own words');
      const { task, events } = (await get(token, `/api/story-tasks/${taskId}`)).body as {
        task: object;
        events: object[];
      };
      expect(task).toMatchObject({ id: taskId, requestedBy: ownerId });
      expect(events.length).toBeGreaterThan(0);
      expect((await get(token, `/api/story-tasks/${taskId}/events`)).body['events']).toHaveLength(events.length);
    }
  });

  test('a list has the caller’s own tasks alone, on every page and with every filter', async () => {
    const others = String((await post(stranger, '/api/stories', story)).body['storyId']);
    const strangers = [await create(stranger, others), await create(stranger, others), await create(stranger, others)];
    const listed = async (token: string, query: string) => {
      const ids: string[] = [];
      for (let cursor = ''; ; ) {
        const { body } = await get(token, `/api/story-tasks?limit=1&${query}${cursor}`);
        ids.push(...(body['tasks'] as { id: string }[]).map(({ id }) => id));
        if (body['nextCursor'] === null) return ids;
        cursor = `&cursor=${body['nextCursor']}`;
      }
    };
    expect(await listed(stranger, '')).toEqual(strangers.toReversed());
    expect(await listed(owner, '')).not.toEqual(expect.arrayContaining(strangers));
    expect(await listed(stranger, `storyId=${storyId}`)).toEqual([]);
    expect(await listed(stranger, 'status=running')).toEqual([]);
    expect(await listed(service, '')).toEqual(expect.arrayContaining([...strangers, taskId]));
  });

  test.each([
    ['work on', (other: string) => ({ body: workflow(other), path: 'storyId' })],
    [
      'read from',
      (other: string, own: string) => ({
        body: workflow(own, { resumeWorkflowFromStoryId: other }),
        path: 'options.resumeWorkflowFromStoryId',
      }),
    ],
  ])('a task may not %s another person’s story, nor tell whether there is one', async (_, request) => {
    const own = String((await post(stranger, '/api/stories', story)).body['storyId']);
    const never = randomUUID();
    const [others, nobodys] = [request(storyId, own), request(never, own)];
    const refused = await post(stranger, '/api/story-tasks', others.body);
    expect(refused).toMatchObject({ status: 422, body: { code: 'REQUEST_INVALID', errors: [{ path: others.path }] } });
    const unknown = await post(stranger, '/api/story-tasks', nobodys.body);
    expect(shapeOf(refused, storyId)).toEqual(shapeOf(unknown, never));
    expect((await post(service, '/api/story-tasks', others.body)).status).toBe(201);
  });

  test('one idempotency key in two hands makes two tasks, and tells neither of the other', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const own = String((await post(stranger, '/api/stories', story)).body['storyId']);
    const [first, second] = [await create(owner, storyId, headers), await create(stranger, own, headers)];
    expect(first).not.toBe(second);
    expect([await create(owner, storyId, headers), await create(stranger, own, headers)]).toEqual([first, second]);
    const { requester, requestedBy } = await createStoryTasksRepository(backend.store).getTask(first);
    expect([requester, requestedBy]).toEqual([`user:${ownerId}`, ownerId]);
  });

  test('a retry stays its owner’s, whoever asks for it', async () => {
    const cancelled = await create(owner, storyId);
    expect((await post(owner, `/api/story-tasks/${cancelled}/cancel`)).status).toBe(200);
    for (const token of [owner, service]) {
      const { body } = await post(token, `/api/story-tasks/${cancelled}/retry`);
      const { task } = (await get(owner, `/api/story-tasks/${body['taskId']}`)).body as { task: object };
      expect(task).toMatchObject({ requestedBy: ownerId, retryOf: cancelled });
    }
  });

  test('a story that a server made is no person’s', async () => {
    const made = String((await post(service, '/api/stories', story)).body['storyId']);
    expect((await get(owner, `/api/stories/${made}`)).status).toBe(404);
    expect((await get(service, `/api/stories/${made}`)).status).toBe(200);
  });

  test('a person who is gone makes nothing with the token that is left', async () => {
    const gone = await personal(randomUUID());
    const told = { status: 401, body: { code: 'REQUESTER_NOT_FOUND' } };
    expect(await post(gone, '/api/stories', story)).toMatchObject(told);
    expect((await post(gone, '/api/story-tasks', workflow(storyId))).status).toBe(422);
  });
});
