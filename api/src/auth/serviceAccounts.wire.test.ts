/** Callers of every kind, against a Kubernetes API that answers as the real one does. */
import { VirtualClock } from '@story-tasks/contracts/test';
import { connectKubernetes } from '@story-tasks/runtime/kubernetes';
import { FakeApiServer, type FakeRequest } from '@story-tasks/runtime/kubernetes/test';
import { UnsecuredJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { identifyServiceAccounts } from './serviceAccounts.ts';
import { type GuardedApi, letIn, startGuarded, unauthenticated } from './testing/guardedApi.ts';

const reviews = '/apis/authentication.k8s.io/v1/tokenreviews';
const username = (account: string) => `system:serviceaccount:${account.replace('/', ':')}`;

let kubernetes: FakeApiServer;
let clock: VirtualClock;
let api: GuardedApi;
/** What the review of a token answers. */
let verdicts: Map<string, object>;

beforeAll(async () => {
  kubernetes = await FakeApiServer.start();
});
afterAll(() => kubernetes.stop());

beforeEach(async () => {
  verdicts = new Map();
  clock = new VirtualClock();
  kubernetes.requests.length = 0;
  kubernetes.intercept = (request) => (request.path === reviews ? reviewed(request) : undefined);
  const { authentication } = connectKubernetes(kubernetes.config('the-api-s-own'));
  const allowed = ['web/front', 'jobs/*'];
  api = await startGuarded((logger) => identifyServiceAccounts({ authentication, allowed, clock, logger }));
});
afterEach(() => api.stop());

const spec = ({ body }: FakeRequest) => (body as { spec: { token: string; audiences: string[] } }).spec;

function reviewed(request: FakeRequest) {
  const status = verdicts.get(spec(request).token) ?? { authenticated: false, error: 'invalid bearer token' };
  return { status: 201, body: { ...(request.body as object), status } };
}

let made = 0;
/** A token of its own each time. */
function tokenFor(verdict: object, claims: object = {}): string {
  made += 1;
  const [head, body] = new UnsecuredJWT({ made, ...claims }).encode().split('.');
  const token = `${head}.${body}.c2ln`;
  verdicts.set(token, verdict);
  return token;
}

const good = (account: string, more: object = {}) => ({
  authenticated: true,
  audiences: ['story-tasks'],
  user: { username: username(account) },
  ...more,
});

test.each(['web/front', 'jobs/nightly'])('%s is on the list, and let in', async (account) => {
  expect(await api.call(`Bearer ${tokenFor(good(account))}`)).toMatchObject(letIn);
  const [asked] = kubernetes.requests;
  expect(spec(asked as FakeRequest).audiences).toEqual(['story-tasks']);
  expect(asked?.authorization).toBe('Bearer the-api-s-own');
  expect(api.logs.at(-1)).toContain(`"requester":"sa:${account}"`);
});

test.each(['web/back', 'front/web', 'default/default', 'jobs2/x'])('%s is not, and is told so', async (account) => {
  const told = await api.call(`Bearer ${tokenFor(good(account))}`);
  expect(told).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  expect(told.text).toContain(account);
});

test('without a token nobody is let in, whatever the call, its path or its method', async () => {
  const calls: [string, RequestInit][] = [
    ['/api/story-tasks', {}],
    ['/API/STORY-TASKS', {}],
    ['//api/story-tasks', {}],
    ['/api/story-tasks/', {}],
    ['/api/docs/../story-tasks', {}],
    ['/api/openapi.json', { method: 'POST' }],
    ['/api/nothing', {}],
    ['/', {}],
    ['/api/stories', { method: 'POST', body: '{"displayName":', headers: { 'content-type': 'application/json' } }],
    ['/api/story-tasks', { headers: { accept: 'text/event-stream' } }],
  ];
  for (const [path, init] of calls) {
    const told = await api.call(undefined, path, init);
    expect([path, told]).toMatchObject([path, { status: 401, code: 'UNAUTHENTICATED', challenge: 'Bearer' }]);
  }
  expect(kubernetes.requests).toEqual([]);
});

test('the document and its page are open', async () => {
  for (const path of ['/api/openapi.json', '/api/docs', '/api/docs/start.js']) {
    expect((await api.call(undefined, path)).status).toBe(200);
  }
});

test.each<[string, object]>([
  ['a token that is not authenticated', { authenticated: false }],
  ['an answer without a verdict', {}],
  ['a token for the Kubernetes API itself', good('web/front', { audiences: ['https://kubernetes.default.svc'] })],
  ['a server that knows no audiences', good('web/front', { audiences: undefined })],
  ['a person', good('web/front', { user: { username: 'web:front' } })],
  ['a node', good('web/front', { user: { username: 'system:node:worker-1' } })],
  ['a name with a part too many', good('web/front', { user: { username: 'system:serviceaccount:web:front:x' } })],
  ['a name that hides another', good('web/front', { user: { username: 'system:serviceaccount:jobs/x:front' } })],
  ['no name', good('web/front', { user: {} })],
])('%s is refused', async (_, verdict) => {
  expect(await api.call(`Bearer ${tokenFor(verdict)}`)).toMatchObject(unauthenticated);
});

test('what can be no token is refused without asking', async () => {
  const long = `Bearer aGVhZA.${'x'.repeat(9_000)}.c2ln`;
  for (const header of ['Bearer', 'Bearer x', 'Basic dTpw', long]) {
    expect(await api.call(header)).toMatchObject(unauthenticated);
  }
  expect(kubernetes.requests).toEqual([]);
});

test('many calls with one token cost one review, and another token gains nothing by it', async () => {
  const token = tokenFor(good('web/front'));
  const all = await Promise.all(Array.from({ length: 20 }, () => api.call(`Bearer ${token}`)));
  for (const told of all) expect(told).toMatchObject(letIn);
  expect(kubernetes.requests).toHaveLength(1);
  const forged = `${token.slice(0, -4)}Zm9y`;
  expect(await api.call(`Bearer ${forged}`)).toMatchObject(unauthenticated);
  expect(await api.call(`Bearer ${token}`)).toMatchObject(letIn);
  expect(kubernetes.requests).toHaveLength(2);
});

test('an account that was deleted is out after ten seconds', async () => {
  const token = tokenFor(good('web/front'));
  expect(await api.call(`Bearer ${token}`)).toMatchObject(letIn);
  verdicts.delete(token);
  await clock.pass(10_000);
  expect(await api.call(`Bearer ${token}`)).toMatchObject(unauthenticated);
});

test.each([
  ['fails', { status: 500 }],
  ['forbids it', { status: 403 }],
  ['is overloaded', { status: 429 }],
  ['breaks the connection', 'reset' as const],
])('a Kubernetes API that %s lets nobody in, known or not, and says when to come back', async (_, fault) => {
  const known = tokenFor(good('web/front'));
  expect(await api.call(`Bearer ${known}`)).toMatchObject(letIn);
  await clock.pass(10_000);
  kubernetes.intercept = () => fault;
  for (const token of [known, tokenFor(good('web/front'))]) {
    const told = await api.call(`Bearer ${token}`);
    expect(told).toMatchObject({ status: 503, code: 'AUTH_UNAVAILABLE', retryAfter: '2' });
  }
});

test('a flood of made-up tokens asks eight things at a time; whom it keeps out is told when to come back, and a known caller is let in', async () => {
  const known = tokenFor(good('web/front'));
  expect(await api.call(`Bearer ${known}`)).toMatchObject(letIn);
  kubernetes.requests.length = 0;
  kubernetes.intercept = () => 'hang';
  const flood = Array.from({ length: 60 }, () => api.call(`Bearer ${tokenFor({})}`));
  const answered: Awaited<(typeof flood)[number]>[] = [];
  for (const call of flood) void call.then((told) => answered.push(told));
  await expect.poll(() => answered.length, { timeout: 4_000 }).toBe(20);
  expect(kubernetes.requests).toHaveLength(8);
  expect(await api.call(`Bearer ${known}`)).toMatchObject(letIn);
  for (const told of answered) expect(told).toMatchObject({ status: 503, code: 'AUTH_UNAVAILABLE', retryAfter: '2' });
  // The reviews that hang are given up, and those that waited have their turn.
  kubernetes.intercept = (request) => reviewed(request);
  const told = await Promise.all(flood);
  expect(told.filter(({ status }) => status === 401)).toHaveLength(32);
  expect(told.filter(({ status }) => status === 503)).toHaveLength(28);
});

test('no token and no part of one is in an answer or a log line', async () => {
  const told = [];
  for (const verdict of [good('web/front'), good('web/back'), {}]) {
    const token = tokenFor(verdict, { secret: 'canary' });
    told.push({ token, ...(await api.call(`Bearer ${token}`)) });
  }
  kubernetes.intercept = () => ({ status: 500 });
  const token = tokenFor({}, { secret: 'canary' });
  told.push({ token, ...(await api.call(`Bearer ${token}`)) });
  for (const { token: sent, text } of told) {
    for (const part of sent.split('.').filter((piece) => piece.length > 8)) {
      expect(text).not.toContain(part);
      expect(api.logs.join()).not.toContain(part);
    }
  }
});
