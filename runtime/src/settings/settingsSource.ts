/** Where a settings document comes from: a file, or a ConfigMap. */

/**
 * One look at the source. `missing`: it was asked, and there is no document. While it cannot be asked at all, there is no
 * look, and all stays as it is.
 */
export type SettingsLook =
  | { readonly found: true; readonly text: string }
  | { readonly found: false; readonly missing: string };

export interface SettingsSource {
  /** As logs name it. */
  readonly name: string;
  /** Tells the document as it is now, and again whenever it may have changed; the same one may be told again. Does not throw. */
  watch(tell: (look: SettingsLook) => void): { stop(): void };
}
