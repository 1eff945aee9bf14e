import { createClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLite } from '../../test/harness.ts';
import { createBundleStore } from './createBundleStore.ts';
import { supabaseBundleStore } from './supabaseBundleStore.ts';

const name = '5f0e3b1a-7f54-4a8e-9a43-2f6f0c1d7e01/0b6f8f7e-2f0c-4a55-9d0e-000000000001.html';
const { signal } = new AbortController();

let server: Awaited<ReturnType<typeof startLite>>;
beforeAll(async () => {
  server = await startLite({ storage: true });
});
afterAll(() => server?.stop());

const options = { auth: { persistSession: false, autoRefreshToken: false } };
const secretClient = () => createClient(server.url, server.secretKey, options);

describe('bundles in a bucket', () => {
  test('a bundle is read as it was written, by another client', async () => {
    const { bundlePath } = await createBundleStore('supabase:story-bundles', { client: secretClient() }).put(
      name,
      '<p>Ünïcode ✓</p>',
      signal,
    );
    expect(bundlePath).toBe(`supabase:story-bundles/${name}`);
    const reader = createBundleStore('supabase:story-bundles', { client: secretClient() });
    expect(await reader.get(bundlePath)).toBe('<p>Ünïcode ✓</p>');
  });

  test('a bundle of several hundred kilobytes survives, and a later one replaces it', async () => {
    const store = supabaseBundleStore(secretClient(), 'large');
    const large = 'é<br>'.repeat(100_000);
    const { bundlePath } = await store.put(name, large, signal);
    expect(await store.get(bundlePath)).toBe(large);
    await store.put(name, 'short', signal);
    expect(await store.get(bundlePath)).toBe('short');
  });

  test('the bucket is private: a key that anybody may have reads nothing', async () => {
    const client = secretClient();
    await supabaseBundleStore(client, 'private-one').put(name, 'secret', signal);
    expect((await client.storage.getBucket('private-one')).data?.public).toBe(false);
    const anybody = createClient(server.url, server.publishableKey, options);
    expect((await anybody.storage.from('private-one').download(name)).data).toBeNull();
    const open = await fetch(`${server.url}/storage/v1/object/public/private-one/${name}`);
    expect(open.ok).toBe(false);
  });

  test('processes that start together make one bucket, and none of them fails', async () => {
    const stores = Array.from({ length: 5 }, () => supabaseBundleStore(secretClient(), 'raced'));
    await Promise.all(stores.map((store) => store.prepare()));
    const { data } = await secretClient().storage.listBuckets();
    expect(data?.filter((bucket) => bucket.name === 'raced')).toHaveLength(1);
  });

  test('a bucket that is there already is left as it is', async () => {
    const client = secretClient();
    await client.storage.createBucket('made-before', { public: false, fileSizeLimit: 1_000_000 });
    await supabaseBundleStore(client, 'made-before').prepare();
    expect((await client.storage.getBucket('made-before')).data?.file_size_limit).toBe(1_000_000);
  });

  test('what is not there, in the bucket or at all, is answered with nothing', async () => {
    const store = supabaseBundleStore(secretClient(), 'reading');
    expect(await store.get(`supabase:reading/${name}`)).toBeNull();
    await store.prepare();
    const asked = [
      `supabase:reading/${name}`,
      `supabase:story-bundles/${name}`,
      'supabase:reading/../story-bundles/a.html',
      'supabase:reading/a/../../x.html',
      `/var/bundles/${name}`,
      '',
    ];
    expect(await Promise.all(asked.map((path) => store.get(path)))).toEqual(asked.map(() => null));
  });

  test('a key without the right to store is refused for good, and the message does not show it', async () => {
    const store = supabaseBundleStore(createClient(server.url, server.publishableKey, options), 'forbidden');
    const refusal = await store.put(name, 'x', signal).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'BUNDLE_STORE_REFUSED', kind: 'fatal' });
    expect(String(refusal)).not.toContain(server.publishableKey);
  });
});
