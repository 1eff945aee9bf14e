/** Whether the record's schema is one that this code knows. Migrations only add, so that a newer one will do. */
import { CodedError } from '@story-tasks/contracts';
import { callFunction, probeTimeoutMs, type Store } from './client.ts';
import { StoreRejectedError } from './errors.ts';

/** The version of the newest file in supabase/migrations (tested). */
export const schemaVersion = '20261110000000';

/** The record lacks migrations. */
export class SchemaOutdatedError extends CodedError {
  /** Null: from before the schema could tell. */
  readonly found: string | null;
  readonly needed = schemaVersion;

  constructor(found: string | null) {
    super(
      'SCHEMA_OUTDATED',
      'fatal',
      `The schema is ${found ?? 'older than any that tells its version'}, and ${schemaVersion} is needed: apply the migrations.`,
    );
    this.found = found;
  }
}

/** What gateways and Postgres say of a function that is not there. */
const missingFunction = ['PGRST202', '42883', 'HTTP 404'];

/** Once a schema fits it fits for good, and is asked for no more. */
export class SchemaCheck {
  readonly #store: Store;
  #fits = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** @throws SchemaOutdatedError; StoreUnavailableError, StoreRejectedError when nothing is known of it */
  async require(): Promise<void> {
    if (this.#fits) return;
    const found = await findVersion(this.#store);
    // Of one length, so that their order is that of their dates.
    if (found === null || found < schemaVersion) throw new SchemaOutdatedError(found);
    this.#fits = true;
  }

  /** Of a store that is away nothing is known; that it is away is told elsewhere. @throws SchemaOutdatedError */
  async requireUnlessUnknown(): Promise<void> {
    await this.require().catch((error: unknown) => {
      if (error instanceof SchemaOutdatedError) throw error;
    });
  }

  /** Whether work may be done on it. */
  fits(): Promise<boolean> {
    return this.require().then(
      () => true,
      () => false,
    );
  }
}

async function findVersion(store: Store): Promise<string | null> {
  try {
    const probe = { ...store, timeoutMs: probeTimeoutMs };
    return (await callFunction<{ outcome: string; version: string }>(probe, 'story_tasks_schema', {})).version;
  } catch (error) {
    if (error instanceof StoreRejectedError && missingFunction.includes(error.answer)) return null;
    throw error;
  }
}
