/** Tokens of people, of others' projects and of nobody, against the keys of a project as it publishes them. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@story-tasks/runtime';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type GuardedApi, letIn, startGuarded, unauthenticated } from './testing/guardedApi.ts';
import { identifyUsers } from './users.ts';

const secret = 'the-secret-of-a-project-that-signs-by-hs256';
const userId = randomUUID();
const kid = 'k1';

type Pair = { publicKey: CryptoKey; privateKey: CryptoKey };
let project: Pair;
let other: Pair;
let keyServer: Server;
let jwksUrl: string;
/** What the project answers when its keys are asked for. */
let answered: { status: number; body: unknown };
let api: GuardedApi;

beforeAll(async () => {
  project = await generateKeyPair('ES256', { extractable: true });
  other = await generateKeyPair('ES256');
  keyServer = createServer((_request, response) => {
    response.writeHead(answered.status, { 'content-type': 'application/json' }).end(JSON.stringify(answered.body));
  }).listen(0, '127.0.0.1');
  await once(keyServer, 'listening');
  jwksUrl = `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}/jwks.json`;
});
afterAll(() => keyServer.close());

beforeEach(async () => {
  answered = { status: 200, body: { keys: [{ ...(await exportJWK(project.publicKey)), kid, alg: 'ES256' }] } };
  api = await startGuarded((logger) => identifyUsers({ secret, jwksUrl, logger }).identify);
});
afterEach(() => api.stop());

const claims = (changes: JWTPayload = {}): JWTPayload => ({
  sub: userId,
  role: 'authenticated',
  aud: 'authenticated',
  exp: Math.floor(Date.now() / 1_000) + 600,
  ...changes,
});
const bySecret = (payload: JWTPayload, key: string | Uint8Array = secret, alg = 'HS256') =>
  new SignJWT(payload).setProtectedHeader({ alg }).sign(typeof key === 'string' ? new TextEncoder().encode(key) : key);
const byKey = (payload: JWTPayload, { privateKey }: Pair = project, header: object = { kid }) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'ES256', ...header }).sign(privateKey);

test.each([
  ['signed by the secret', () => bySecret(claims())],
  ['signed by a published key', () => byKey(claims())],
  ['for several audiences', () => byKey(claims({ aud: ['other', 'authenticated'] }))],
  ['of a person whose id is in capitals', () => byKey(claims({ sub: userId.toUpperCase() }))],
])('a person’s token %s is let in as that person', async (_, token) => {
  expect(await api.call(`Bearer ${await token()}`)).toMatchObject(letIn);
  expect(api.logs.at(-1)).toContain(`"requester":"user:${userId}"`);
});

test('the project’s own token for servers is let in as nobody in particular, by either key', async () => {
  const payload = claims({ role: 'service_role', sub: undefined, aud: undefined });
  for (const token of [await bySecret(payload), await byKey(payload)]) {
    expect(await api.call(`Bearer ${token}`)).toMatchObject(letIn);
    expect(api.logs.at(-1)).not.toContain('requester');
  }
});

const seconds = () => Math.floor(Date.now() / 1_000);
const unsigned = (payload: JWTPayload) => `${new UnsecuredJWT(payload).encode()}c2ln`;

test.each<[string, () => string | Promise<string>]>([
  ['that has expired', () => byKey(claims({ exp: seconds() - 60 }))],
  ['that never expires', () => byKey(claims({ exp: undefined }))],
  ['that never expires, of a server', () => bySecret({ role: 'service_role' })],
  ['that is not good yet', () => byKey(claims({ nbf: seconds() + 60 }))],
  ['for another audience', () => byKey(claims({ aud: 'other' }))],
  ['for no audience', () => byKey(claims({ aud: undefined }))],
  ['of the role anon', () => bySecret(claims({ role: 'anon' }))],
  ['of a role that there is not', () => bySecret(claims({ role: 'postgres' }))],
  ['of no role', () => bySecret(claims({ role: undefined }))],
  ['of nobody', () => byKey(claims({ sub: undefined }))],
  ['of somebody who is no uuid', () => byKey(claims({ sub: 'admin' }))],
  ['signed by another project’s key under this one’s name', () => byKey(claims(), other)],
  ['signed by a key that nobody published', () => byKey(claims(), other, { kid: 'k2' })],
  ['that brings the key to check it by', async () => byKey(claims(), other, { jwk: await exportJWK(other.publicKey) })],
  ['signed by another secret', () => bySecret(claims(), 'the-secret-of-another-project-that-signs')],
  ['signed by the empty secret', () => bySecret(claims(), new Uint8Array(1))],
  ['with the public key taken for the secret', async () => bySecret(claims(), await exportSPKI(project.publicKey))],
  [
    'with the published key’s text as the secret',
    async () => bySecret(claims(), JSON.stringify(await exportJWK(project.publicKey))),
  ],
  ['by a longer hash of the same secret', () => bySecret(claims(), secret.repeat(2), 'HS512')],
  ['without a signature (alg none)', () => unsigned(claims())],
  ['without a signature, of a server', () => unsigned(claims({ role: 'service_role' }))],
  [
    'whose signature is another token’s',
    async () =>
      `${(await byKey(claims())).split('.').slice(0, 2).join('.')}.${(await byKey(claims({ sub: randomUUID() }))).split('.')[2]}`,
  ],
  ['whose claims were changed after it was signed', async () => changed(await byKey(claims()))],
  ['whose head is no JSON', async () => `bm9uZQ.${(await byKey(claims())).split('.').slice(1).join('.')}`],
])('a token %s is refused', async (_, token) => {
  expect(await api.call(`Bearer ${await token()}`)).toMatchObject(unauthenticated);
});

function changed(token: string): string {
  const [head, , signature] = token.split('.');
  return `${head}.${Buffer.from(JSON.stringify(claims({ sub: randomUUID() }))).toString('base64url')}.${signature}`;
}

test('where only the secret is set, a token that is signed by a key is refused, and the other way round', async () => {
  const guarded = async (settings: { secret?: string; jwksUrl?: string }) =>
    startGuarded((logger) => identifyUsers({ secret: settings.secret, jwksUrl: settings.jwksUrl, logger }).identify);
  const [secretOnly, keysOnly] = [await guarded({ secret }), await guarded({ jwksUrl })];
  expect(await secretOnly.call(`Bearer ${await byKey(claims())}`)).toMatchObject(unauthenticated);
  expect(await keysOnly.call(`Bearer ${await bySecret(claims())}`)).toMatchObject(unauthenticated);
  await Promise.all([secretOnly.stop(), keysOnly.stop()]);
});

test('a key set with a secret key in it is no way in', async () => {
  const published = { kty: 'oct', k: Buffer.from(secret).toString('base64url'), kid: 'oct', alg: 'HS256' };
  answered = { status: 200, body: { keys: [published] } };
  const keysOnly = await startGuarded((logger) => identifyUsers({ secret: undefined, jwksUrl, logger }).identify);
  expect(await keysOnly.call(`Bearer ${await bySecret(claims())}`)).toMatchObject(unauthenticated);
  await keysOnly.stop();
});

test.each([
  ['away', { status: 502, body: {} }],
  ['something else', { status: 200, body: { hello: 'world' } }],
])('while the keys cannot be read (%s) nobody is let in by one, and they are asked again', async (_, fault) => {
  const keys = answered;
  answered = fault;
  const late = await startGuarded((logger) => identifyUsers({ secret: undefined, jwksUrl, logger }).identify);
  const token = `Bearer ${await byKey(claims())}`;
  expect(await late.call(token)).toMatchObject({ status: 503, code: 'AUTH_UNAVAILABLE', retryAfter: '2' });
  answered = keys;
  expect(await late.call(token)).toMatchObject(letIn);
  await late.stop();
});

test('a project that publishes no key is found out at the start, in words that say what to set', async () => {
  const logger = createLogger('api', 'silent');
  answered = { status: 200, body: { keys: [] } };
  await expect(identifyUsers({ secret: undefined, jwksUrl, logger }).requireKeys()).rejects.toThrow(
    'set AUTH_JWT_SECRET',
  );
  answered = { status: 503, body: {} };
  await expect(identifyUsers({ secret: undefined, jwksUrl, logger }).requireKeys()).resolves.toBeUndefined();
});

test('no token is in an answer or a log line', async () => {
  const tokens = [await byKey(claims()), await byKey(claims(), other), await bySecret(claims({ role: 'anon' }))];
  for (const token of tokens) {
    const { text } = await api.call(`Bearer ${token}`);
    for (const part of token.split('.')) {
      expect(text).not.toContain(part);
      expect(api.logs.join()).not.toContain(part);
    }
  }
});
