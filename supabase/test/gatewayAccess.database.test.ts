/** The same through HTTP: the publishable key, alone or with a person's token, changes nothing and shows nobody's rows. */
import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectStore, createStoriesRepository, createStoryTasksRepository } from '../src/index.ts';
import type { LiteServer } from '../src/lite/liteServer.ts';
import { startLite, startPostgres } from './harness.ts';

let lite: LiteServer;
let stopPostgres: () => Promise<void>;
let ownTask: string;
let taskIds: string[];
let userId: string;

beforeAll(async () => {
  const postgres = await startPostgres({ bare: true });
  stopPostgres = postgres.stop;
  lite = await startLite({ postgresUrl: postgres.url });
  userId = await signUp();
  const store = connectStore({ url: lite.url, secretKey: lite.secretKey });
  const { id: storyId } = await createStoriesRepository(store).createStory({ displayName: 'A', initialPrompt: 'B' });
  const create = async (requestedBy?: string) =>
    (await createStoryTasksRepository(store).createTask({ operation: 'BUILD_PLAYER_BUNDLE', storyId, requestedBy }))
      .task;
  ownTask = (await create(userId)).id;
  taskIds = [ownTask, (await create()).id];
});
afterAll(async () => {
  await lite.stop();
  await stopPostgres();
});

async function signUp(): Promise<string> {
  const answer = await fetch(`${lite.url}/auth/v1/signup`, {
    method: 'POST',
    headers: { apikey: lite.publishableKey, 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'reader@example.com', password: randomUUID() }),
  });
  return ((await answer.json()) as { user: { id: string } }).user.id;
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(): string {
  const claims = { sub: userId, role: 'authenticated', aud: 'authenticated', exp: Math.floor(Date.now() / 1000) + 600 };
  const signed = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url(claims)}`;
  return `${signed}.${createHmac('sha256', lite.jwtSecret).update(signed).digest('base64url')}`;
}

const callers = { anon: () => ({}), authenticated: () => ({ authorization: `Bearer ${token()}` }) };
type Caller = keyof typeof callers;

async function ask(caller: Caller, path: string, method = 'GET', body?: unknown) {
  const answer = await fetch(`${lite.url}/rest/v1/${path}`, {
    method,
    headers: { apikey: lite.publishableKey, 'content-type': 'application/json', ...callers[caller]() },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
}

/** What the service role sees of the tables. */
async function everything(): Promise<unknown[]> {
  const store = connectStore({ url: lite.url, secretKey: lite.secretKey });
  const names = ['stories', 'scenelets', 'story_tasks', 'story_task_events', 'story_task_throughput'];
  const answers = await Promise.all(names.map((name) => store.client.from(name).select('*')));
  return answers.map(({ data }) => data);
}

/** Refused, or answered with nothing: gateways differ in which of the two. */
const showsNothing = ({ status, body }: { status: number; body: unknown }) =>
  status === 401 || status === 403 || JSON.stringify(body) === '[]';

describe.each(['anon', 'authenticated'] as const)('%s', (caller) => {
  test.each(['stories', 'scenelets', 'story_task_lanes', 'story_task_throughput'])(
    'reads nothing of %s',
    async (table) => {
      expect(showsNothing(await ask(caller, table))).toBe(true);
    },
  );

  test('changes nothing', async () => {
    const before = await everything();
    const row = { operation: 'RUN_WORKFLOW_TASK', requested_by: userId };
    const inserted = await ask(caller, 'story_tasks', 'POST', row);
    expect([401, 403]).toContain(inserted.status);
    for (const table of ['stories', 'story_tasks', 'story_task_events']) {
      await ask(caller, `${table}?id=not.is.null`, 'PATCH', { created_at: '2001-01-01T00:00:00Z' });
      await ask(caller, `${table}?id=not.is.null`, 'DELETE');
    }
    expect(await everything()).toEqual(before);
  });

  test.each([
    ['create_story_task', () => ({ id: randomUUID(), eventId: randomUUID(), operation: 'RUN_WORKFLOW_TASK' })],
    ['cancel_story_task', () => ({ taskId: ownTask, eventId: randomUUID() })],
    ['list_story_tasks', () => ({ limit: 10 })],
  ] as const)('may not call %s', async (name, request) => {
    const before = await everything();
    const answer = await ask(caller, `rpc/${name}`, 'POST', { request: request() });
    expect([401, 403, 404]).toContain(answer.status);
    expect(await everything()).toEqual(before);
  });
});

test('nobody sees a task without signing in', async () => {
  for (const table of ['story_tasks', 'story_task_events']) expect(showsNothing(await ask('anon', table))).toBe(true);
});

test('a person sees their own task and its events, and no other', async () => {
  const tasks = await ask('authenticated', 'story_tasks?select=id');
  const events = await ask('authenticated', 'story_task_events?select=task_id');
  expect([tasks.body, events.body]).toEqual([[{ id: ownTask }], [{ task_id: ownTask }]]);
  expect(taskIds).toHaveLength(2);
});

test('a token that is signed with another secret is refused', async () => {
  const forged = `${token().split('.').slice(0, 2).join('.')}.${Buffer.from('forged').toString('base64url')}`;
  const answer = await fetch(`${lite.url}/rest/v1/story_tasks`, {
    headers: { apikey: lite.publishableKey, authorization: `Bearer ${forged}` },
  });
  expect(answer.status).toBe(401);
});
