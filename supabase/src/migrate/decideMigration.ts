/** What is to be done next, from what is on record. */

export interface Migration {
  /** Fourteen digits. */
  readonly version: string;
  readonly name: string;
  readonly text: string;
}

export type Decision =
  | { readonly kind: 'apply'; readonly migration: Migration }
  | { readonly kind: 'current' }
  /** A later release migrated it: all of ours is there, and more. */
  | { readonly kind: 'newer'; readonly version: string }
  /** Ours are there, but for one in the middle: to run it now would take back what later ones made anew. */
  | { readonly kind: 'gap'; readonly migration: Migration; readonly after: string };

/**
 * | on record                                  | decision                     |
 * |--------------------------------------------|------------------------------|
 * | all of ours, and a newer schema            | newer                        |
 * | all of ours                                | current                      |
 * | ours up to some version                    | apply the first that is not  |
 * | a later one of ours without an earlier one | gap                          |
 *
 * Versions that are nobody's here are others' migrations in the same project, and none of our business.
 *
 * @param ours in order
 * @param recorded versions on record, in any order
 * @param schema what the schema tells of itself; null: nothing
 */
export function decideMigration(
  ours: readonly Migration[],
  recorded: readonly string[],
  schema: string | null,
): Decision {
  const known = new Set(recorded);
  const missing = ours.find(({ version }) => !known.has(version));
  if (missing === undefined) {
    const newest = ours.at(-1)?.version ?? '';
    return schema !== null && schema > newest ? { kind: 'newer', version: schema } : { kind: 'current' };
  }
  const later = ours.find(({ version }) => version > missing.version && known.has(version));
  return later === undefined
    ? { kind: 'apply', migration: missing }
    : { kind: 'gap', migration: missing, after: later.version };
}
