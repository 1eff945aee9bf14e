/** Where player bundles are kept: a folder on one machine, or a Supabase Storage bucket that api and worker share. */

/** A bundle's path inside its store: `<storyId>/<taskId>.html`. */
export interface BundleStore {
  /** Writes the bundle, replacing an earlier one of the same path, and answers where a person finds it. */
  put(path: string, html: string, signal: AbortSignal): Promise<{ bundlePath: string }>;
}
