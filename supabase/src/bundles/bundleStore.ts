/** Where player bundles are kept: a folder on one machine, or a Supabase Storage bucket that api and worker share. */
import { BundleNameError } from './errors.ts';

export interface BundleStore {
  /**
   * Writes a bundle, replacing an earlier one of the same name.
   *
   * @param name `<storyId>/<taskId>.html`
   * @param html the whole document
   * @param signal ends the wait, with its own reason
   * @returns where the bundle is: what `get` takes
   * @throws BundleNameError, BundleStoreUnavailableError, BundleStoreRefusedError, or the signal's reason
   */
  put(name: string, html: string, signal: AbortSignal): Promise<{ bundlePath: string }>;
  /**
   * Reads a bundle.
   *
   * @param bundlePath as `put` answered it
   * @returns null when it is gone, or when the path is none of this store's (the setting was changed since, or
   *   somebody wrote a path of their own into the record)
   * @throws BundleStoreUnavailableError, BundleStoreRefusedError
   */
  get(bundlePath: string): Promise<string | null>;
}

/** A store that can be made ready ahead of the first bundle. */
export interface PreparableBundleStore extends BundleStore {
  /**
   * Makes the folder or the bucket where it is missing. `put` does the same when this was not called or failed, so a
   * process may start while Storage is down.
   *
   * @throws BundleStoreUnavailableError, BundleStoreRefusedError
   */
  prepare(): Promise<void>;
}

const bundleName = /^[A-Za-z0-9-]+\/[A-Za-z0-9-]+\.html$/;

/** No dots, no backslashes and exactly one slash: such a name cannot leave the place it is joined to. */
export function isBundleName(name: string): boolean {
  return bundleName.test(name);
}

/** @throws BundleNameError */
export function requireBundleName(name: string): void {
  if (!isBundleName(name)) throw new BundleNameError();
}
