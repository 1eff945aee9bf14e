import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectStore, SchemaCheck, SchemaOutdatedError, type Store, schemaVersion } from '../src/index.ts';
import type { LiteServer } from '../src/lite/liteServer.ts';
import { type Backend, backends } from './backends.ts';
import { type PostgresServer, startLite, startPostgres } from './harness.ts';

describe.each(backends)('on $backend', ({ start }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await start();
  });
  afterAll(() => backend.stop());

  test('the schema of all migrations fits', async () => {
    await expect(new SchemaCheck(backend.store).require()).resolves.toBeUndefined();
    expect(await new SchemaCheck(backend.store).fits()).toBe(true);
  });
});

describe('a schema that does not fit', () => {
  let postgres: PostgresServer;
  let lite: LiteServer;
  let admin: pg.Client;
  let store: Store;

  beforeAll(async () => {
    postgres = await startPostgres({ bare: true });
    lite = await startLite({ postgresUrl: postgres.url });
    admin = await postgres.connect('postgres');
    store = connectStore({ url: lite.url, secretKey: lite.secretKey });
  });
  afterAll(async () => {
    await admin.end();
    await lite.stop();
    await postgres.stop();
  });

  const tell = (version: string) =>
    admin.query(`create or replace function public.story_tasks_schema(request jsonb) returns jsonb language sql as
      $$ select jsonb_build_object('outcome', 'known', 'version', '${version}') $$`);

  test.each([
    ['of an older version', '20261109000000', false],
    ['of the version that is needed', schemaVersion, true],
    ['of a newer version, as after a rollback', '20991231000000', true],
  ])('%s: fits is %s', async (_, version, fits) => {
    await tell(version);
    expect(await new SchemaCheck(store).fits()).toBe(fits);
  });

  test('it is told which one was found, and it is looked at again until it fits, and then no more', async () => {
    await tell('20261109000000');
    const check = new SchemaCheck(store);
    await expect(check.requireUnlessUnknown()).rejects.toMatchObject({
      found: '20261109000000',
      needed: schemaVersion,
    });
    await tell(schemaVersion);
    await check.require();
    await tell('20261109000000');
    await expect(check.require()).resolves.toBeUndefined();
  });

  test('of a store that is away nothing is told of its schema', async () => {
    const away = connectStore({ url: 'http://127.0.0.1:1', secretKey: 'x' });
    const check = new SchemaCheck(away);
    await expect(check.requireUnlessUnknown()).resolves.toBeUndefined();
    expect(await check.fits()).toBe(false);
  });

  test('one from before it could tell is too old', async () => {
    await admin.query('drop function public.story_tasks_schema');
    const refused = new SchemaCheck(store).require();
    await expect(refused).rejects.toBeInstanceOf(SchemaOutdatedError);
    await expect(refused).rejects.toMatchObject({ found: null, message: expect.stringContaining(schemaVersion) });
  });
});
