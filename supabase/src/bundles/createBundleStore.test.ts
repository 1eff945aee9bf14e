import { createClient } from '@supabase/supabase-js';
import { describe, expect, test } from 'vitest';
import { createBundleStore } from './createBundleStore.ts';
import { BundleStoreSettingError } from './errors.ts';

/** Nothing listens there: making a store asks nothing of it. */
const client = createClient('http://127.0.0.1:9', 'sb_secret_test');

describe('BUNDLE_STORE', () => {
  test.each(['', 'dir', 'dir:', 'bundles', '/var/bundles', 's3:bucket', 'supabase', 'supabase:', 'DIR:/tmp'])(
    '%j is refused with a sentence that says what to set',
    (setting) => {
      expect(() => createBundleStore(setting, { client })).toThrow(BundleStoreSettingError);
      expect(() => createBundleStore(setting, { client })).toThrow(
        /Set BUNDLE_STORE to dir:<path> .* supabase:<bucket>/,
      );
    },
  );

  test.each(['supabase:a/b', 'supabase:../x', 'supabase:Upper Case', 'supabase:x'])(
    '%j names no bucket that Storage would take',
    (setting) => {
      expect(() => createBundleStore(setting, { client })).toThrow(/bucket .* Set BUNDLE_STORE/);
    },
  );

  test('a bucket without a client says which settings are missing', () => {
    expect(() => createBundleStore('supabase:story-bundles')).toThrow(/SUPABASE_URL and SUPABASE_SECRET_KEY/);
  });

  test.each(['dir:.local/bundles', 'dir:/srv/with: colon', ' supabase:story-bundles '])('%j is a store', (setting) => {
    expect(createBundleStore(setting, { client })).toMatchObject({
      put: expect.any(Function),
      get: expect.any(Function),
    });
  });
});
