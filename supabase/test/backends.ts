/** The two stores that repositories are tested on: PGlite as in development, and the Postgres that production has. */
import { randomUUID } from 'node:crypto';
import { connectStore, type Store } from '../src/index.ts';
import { startLite } from './liteServer.ts';
import { startPostgres } from './postgres.ts';

export interface Backend {
  readonly url: string;
  readonly store: Store;
  /** Makes a person. @returns their id */
  signUp(): Promise<string>;
  stop(): Promise<void>;
}

async function startOn(postgresUrl: string | undefined, stopPostgres: () => Promise<void>): Promise<Backend> {
  const lite = await startLite({ postgresUrl });
  return {
    url: lite.url,
    store: connectStore({ url: lite.url, secretKey: lite.secretKey }),
    signUp: () => signUp(lite.url, lite.publishableKey),
    async stop() {
      await lite.stop();
      await stopPostgres();
    },
  };
}

async function signUp(url: string, apikey: string): Promise<string> {
  const answer = await fetch(`${url}/auth/v1/signup`, {
    method: 'POST',
    headers: { apikey, 'content-type': 'application/json' },
    body: JSON.stringify({ email: `${randomUUID()}@example.com`, password: randomUUID() }),
  });
  return ((await answer.json()) as { user: { id: string } }).user.id;
}

export const backends = [
  { backend: 'PGlite', start: () => startOn(undefined, async () => undefined) },
  {
    backend: 'Postgres',
    start: async () => {
      const postgres = await startPostgres({ bare: true });
      return startOn(postgres.url, postgres.stop);
    },
  },
];

/** Inserts rows as a caller of the first migration does. @throws Error with the store's words */
export async function insertRows(store: Store, table: string, rows: readonly Record<string, unknown>[]): Promise<void> {
  const { error } = await store.client.from(table).insert([...rows]);
  if (error) throw new Error(`${table}: ${error.message}`);
}
