/** From the setting BUNDLE_STORE to a store. */
import type { PreparableBundleStore } from './bundleStore.ts';
import { dirBundleStore } from './dirBundleStore.ts';
import { BundleStoreSettingError } from './errors.ts';
import { type StorageClient, type SupabaseBundleStoreOptions, supabaseBundleStore } from './supabaseBundleStore.ts';

export interface BundleStoreDependencies extends SupabaseBundleStoreOptions {
  /** Needed for `supabase:<bucket>`; with the secret key, since the bucket is private. */
  readonly client?: StorageClient | undefined;
}

const howTo =
  'Set BUNDLE_STORE to dir:<path> (a folder of this machine, for example dir:.local/bundles) or to supabase:<bucket> ' +
  '(for example supabase:story-bundles).';

/** What Storage takes as a bucket's name on every version: no slash, so that a bundlePath has one reading. */
const bucketName = /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/;

/**
 * @param setting the value of BUNDLE_STORE
 * @throws BundleStoreSettingError with a sentence that says what to set
 */
export function createBundleStore(setting: string, dependencies: BundleStoreDependencies = {}): PreparableBundleStore {
  const [, kind, place] = /^(dir|supabase):(.+)$/s.exec(setting.trim()) ?? [];
  if (kind === undefined || place === undefined)
    throw new BundleStoreSettingError(`BUNDLE_STORE is malformed. ${howTo}`);
  return kind === 'dir' ? dirBundleStore(place) : inBucket(place, dependencies);
}

function inBucket(bucket: string, { client, ...options }: BundleStoreDependencies): PreparableBundleStore {
  if (!bucketName.test(bucket)) {
    throw new BundleStoreSettingError(`BUNDLE_STORE names a bucket that Supabase Storage would not take. ${howTo}`);
  }
  if (client === undefined) {
    throw new BundleStoreSettingError(
      'BUNDLE_STORE=supabase:<bucket> needs SUPABASE_URL and SUPABASE_SECRET_KEY to be set too.',
    );
  }
  return supabaseBundleStore(client, bucket, options);
}
