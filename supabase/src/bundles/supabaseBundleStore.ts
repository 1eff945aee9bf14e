/** Bundles in a private bucket of Supabase Storage, which api and worker reach alike. */
import type { SupabaseClient } from '@supabase/supabase-js';
import { isBundleName, type PreparableBundleStore, requireBundleName } from './bundleStore.ts';
import { BundleStoreRefusedError, BundleStoreUnavailableError } from './errors.ts';

/** The part of the client that this store uses. */
export type StorageClient = Pick<SupabaseClient, 'storage'>;

export interface SupabaseBundleStoreOptions {
  /** Longest wait for one call to Storage, in milliseconds. */
  readonly timeoutMs?: number;
}

type StorageReply<T> = { data: T | null; error: StorageFailure | null };
type StorageFailure = { readonly name: string; readonly status?: number; readonly statusCode?: string };

/**
 * @param client with the secret key: the bucket is private
 * @param bucket made when missing, on `prepare` or on the first `put`
 * @returns a store whose bundlePath is `supabase:<bucket>/<storyId>/<taskId>.html`
 */
export function supabaseBundleStore(
  client: StorageClient,
  bucket: string,
  { timeoutMs = 15_000 }: SupabaseBundleStoreOptions = {},
): PreparableBundleStore {
  const prefix = `supabase:${bucket}/`;
  const prepare = onceItSucceeds(() => ensureBucket(client, bucket, AbortSignal.timeout(timeoutMs)));
  return {
    prepare,
    async put(name, html, signal) {
      requireBundleName(name);
      signal.throwIfAborted();
      await endingWith(signal, prepare());
      await upload(client, bucket, name, html, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
      return { bundlePath: prefix + name };
    },
    async get(bundlePath) {
      const name = bundlePath.startsWith(prefix) ? bundlePath.slice(prefix.length) : '';
      return isBundleName(name) ? await download(client, bucket, name, AbortSignal.timeout(timeoutMs)) : null;
    },
  };
}

/**
 * Two processes that start together both find the bucket missing, and one of them is refused: so a failed creation
 * counts only when the bucket is still missing afterwards.
 */
async function ensureBucket(client: StorageClient, bucket: string, signal: AbortSignal): Promise<void> {
  const existing = await answered(signal, client.storage.getBucket(bucket));
  if (existing.error === null) return;
  if (!isMissing(existing.error)) throw failure('look up the bucket', existing.error);
  const made = await answered(signal, client.storage.createBucket(bucket, { public: false }));
  if (made.error === null) return;
  const again = await answered(signal, client.storage.getBucket(bucket));
  if (again.error !== null) throw failure('make the bucket', made.error);
}

async function upload(client: StorageClient, bucket: string, name: string, html: string, signal: AbortSignal) {
  // A Buffer, since Supabase Lite stores a string body empty. No caching: a resumed task writes the same name again.
  // Upload takes no signal: one that was given up may still land, and then replaces the bundle by its equal.
  const options = { upsert: true, contentType: 'text/html; charset=utf-8', cacheControl: '0' };
  const sent = client.storage.from(bucket).upload(name, Buffer.from(html, 'utf8'), options);
  const { error } = await answered(signal, sent);
  if (error !== null) throw failure('store the bundle', error);
}

async function download(client: StorageClient, bucket: string, name: string, signal: AbortSignal) {
  const { data, error } = await answered(signal, client.storage.from(bucket).download(name, {}, { signal }));
  if (error === null) return data === null ? null : await endingWith(signal, data.text());
  if (isMissing(error)) return null;
  throw failure('read the bundle', error);
}

async function answered<T>(signal: AbortSignal, call: PromiseLike<StorageReply<T>>): Promise<StorageReply<T>> {
  return await endingWith(signal, call);
}

/** The value of `work`, or the end of the wait: a timeout as the store's error, any other reason as it is. */
async function endingWith<T>(signal: AbortSignal, work: PromiseLike<T>): Promise<T> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = () => reject(reasonOf(signal));
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  try {
    return await Promise.race([work, ended]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

function reasonOf(signal: AbortSignal): unknown {
  const { reason } = signal;
  const timedOut = reason instanceof DOMException && reason.name === 'TimeoutError';
  return timedOut ? new BundleStoreUnavailableError('Supabase Storage did not answer in time.') : reason;
}

/** Hosted Storage answers 400 with a statusCode of 404 in its body; newer ones and Supabase Lite answer a plain 404. */
function isMissing(error: StorageFailure): boolean {
  return error.status === 404 || error.statusCode === '404';
}

/** No status at all means that no answer came. */
function failure(what: string, error: StorageFailure): Error {
  const { status } = error;
  const message = `Supabase Storage could not ${what} (${status ?? 'no answer'}).`;
  const mayPass = status === undefined || status >= 500 || status === 408 || status === 429;
  return mayPass
    ? new BundleStoreUnavailableError(message, { cause: error })
    : new BundleStoreRefusedError(message, { cause: error });
}

/** Runs `work` until it has succeeded once; callers that come meanwhile share the run. */
function onceItSucceeds(work: () => Promise<void>): () => Promise<void> {
  let run: Promise<void> | null = null;
  return () => {
    run ??= work().catch((error: unknown) => {
      run = null;
      throw error;
    });
    return run;
  };
}
