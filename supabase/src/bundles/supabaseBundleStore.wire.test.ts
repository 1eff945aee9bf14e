import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from '@supabase/supabase-js';
import { describe, expect, test } from 'vitest';
import { supabaseBundleStore } from './supabaseBundleStore.ts';

const name = 'story/task.html';
const { signal } = new AbortController();

/** A Storage that answers as the test says. */
async function storage(answer: RequestListener) {
  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createClient(url, 'sb_secret_test', { auth: { persistSession: false, autoRefreshToken: false } });
  return {
    client,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

const json = (status: number, body: unknown): RequestListener => {
  return (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const silence: RequestListener = () => {};

describe('a Storage in trouble', () => {
  test.each([500, 503, 429])('status %i is worth another try', async (status) => {
    await using server = await storage(json(status, { message: 'no' }));
    const store = supabaseBundleStore(server.client, 'bucket');
    const trouble = { code: 'BUNDLE_STORE_UNAVAILABLE', kind: 'retryable' };
    await expect(store.put(name, 'x', signal)).rejects.toMatchObject(trouble);
    await expect(store.get('supabase:bucket/story/task.html')).rejects.toMatchObject(trouble);
  });

  test('nobody at the other end is worth another try', async () => {
    const store = supabaseBundleStore(createClient('http://127.0.0.1:9', 'sb_secret_test'), 'bucket');
    await expect(store.put(name, 'x', signal)).rejects.toMatchObject({ code: 'BUNDLE_STORE_UNAVAILABLE' });
  });

  test('silence ends when the time for a call is up', async () => {
    await using server = await storage(silence);
    const store = supabaseBundleStore(server.client, 'bucket', { timeoutMs: 100 });
    const trouble = { code: 'BUNDLE_STORE_UNAVAILABLE' };
    await expect(store.prepare()).rejects.toMatchObject(trouble);
    await expect(store.put(name, 'x', signal)).rejects.toMatchObject(trouble);
    await expect(store.get('supabase:bucket/story/task.html')).rejects.toMatchObject(trouble);
  });

  test('a run that is aborted does not wait for an answer', async () => {
    const run = new AbortController();
    await using server = await storage(() => run.abort(new Error('cancelled')));
    await expect(supabaseBundleStore(server.client, 'bucket').put(name, 'x', run.signal)).rejects.toThrow('cancelled');
  });

  test('a bucket that could not be made at start is made by the first bundle', async () => {
    const asked: string[] = [];
    let down = true;
    await using server = await storage((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      json(down ? 503 : 200, { name: 'bucket', Key: name })(request, response);
    });
    const store = supabaseBundleStore(server.client, 'bucket');
    await expect(store.prepare()).rejects.toMatchObject({ code: 'BUNDLE_STORE_UNAVAILABLE' });
    down = false;
    await store.put(name, 'x', signal);
    await store.put(name, 'y', signal);
    expect(asked).toEqual([
      'GET /storage/v1/bucket/bucket',
      'GET /storage/v1/bucket/bucket',
      `POST /storage/v1/object/bucket/${name}`,
      `POST /storage/v1/object/bucket/${name}`,
    ]);
  });

  test('hosted Storage’s way to say that a bundle is gone is understood', async () => {
    await using server = await storage(
      json(400, { statusCode: '404', error: 'not_found', message: 'Object not found' }),
    );
    expect(await supabaseBundleStore(server.client, 'bucket').get('supabase:bucket/story/task.html')).toBeNull();
  });
});
