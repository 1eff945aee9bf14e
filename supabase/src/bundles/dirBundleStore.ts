/** Bundles in a folder of this machine. A reader never sees half a bundle: a file is written beside, then renamed. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { makeFolder } from '../makeFolder.ts';
import { isBundleName, type PreparableBundleStore, requireBundleName } from './bundleStore.ts';
import { BundleStoreRefusedError, BundleStoreUnavailableError } from './errors.ts';

/** Errors of the file system that stay until somebody changes something. */
const refusals = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENAMETOOLONG']);

/**
 * @param folder made when missing; a relative one is taken from the working directory
 * @returns a store whose bundlePath is the absolute path of the file
 */
export function dirBundleStore(folder: string): PreparableBundleStore {
  const root = resolve(folder);
  return {
    prepare: () => guarded(root, async () => void (await makeFolder(root))),
    put(name, html, signal) {
      return guarded(root, async () => {
        requireBundleName(name);
        signal.throwIfAborted();
        const bundlePath = join(root, name);
        await replaceFile(bundlePath, html, signal);
        return { bundlePath };
      });
    },
    get: (bundlePath) =>
      guarded(root, async () => (isBundleOf(root, bundlePath) ? await readIfThere(bundlePath) : null)),
  };
}

function isBundleOf(root: string, bundlePath: string): boolean {
  const prefix = root.endsWith(sep) ? root : root + sep;
  return bundlePath.startsWith(prefix) && isBundleName(bundlePath.slice(prefix.length).replaceAll(sep, '/'));
}

async function replaceFile(path: string, text: string, signal: AbortSignal): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text, { signal });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    // An aborted write reports an error of its own; the run is to end with the reason it was aborted for.
    signal.throwIfAborted();
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Turns what the file system throws into the store's own errors, and leaves everything else as it is. */
async function guarded<T>(root: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = systemCode(error);
    if (code === null) throw error;
    const message = `The bundle folder ${root} cannot be used (${code}).`;
    if (refusals.has(code)) throw new BundleStoreRefusedError(message, { cause: error });
    throw new BundleStoreUnavailableError(message, { cause: error });
  }
}

function systemCode(error: unknown): string | null {
  const isSystemError = error instanceof Error && 'syscall' in error && 'code' in error;
  return isSystemError && typeof error.code === 'string' ? error.code : null;
}
