/**
 * Brings a database up to date: one transaction for each migration, which holds it and its record, under a lock that lets one
 * such process at a time through. The record is the `supabase` CLI's own.
 */
import { type Clock, pause } from '@story-tasks/contracts';
import postgres from 'postgres';
import { type Decision, decideMigration, type Migration } from './decideMigration.ts';
import { splitStatements } from './splitStatements.ts';

/** Of this software's migrations, among whatever else locks by number in that database. */
const lockNumber = 7_824_113_502;

const retryEveryMs = 500;

export interface MigrateOptions {
  readonly migrations: readonly Migration[];
  readonly waitMs: number;
  readonly lockMs: number;
  readonly clock: Clock;
  readonly tell: (line: string) => void;
}

export class MigrationFailedError extends Error {}

/** @throws MigrationFailedError in words for whoever reads the log, with nothing of the URL */
export async function migrate(sql: postgres.Sql, options: MigrateOptions): Promise<void> {
  const { clock, tell, waitMs } = options;
  for (;;) {
    const startedAt = clock.now();
    const decision = await step(sql, options, startedAt + waitMs);
    if (decision.kind === 'apply')
      tell(`applied ${nameOf(decision.migration)} in ${Math.round(clock.now() - startedAt)} ms`);
    else return tellEnd(decision, options);
  }
}

function tellEnd(decision: Exclude<Decision, { kind: 'apply' }>, { migrations, tell }: MigrateOptions): void {
  const newest = migrations.at(-1)?.version ?? 'none';
  if (decision.kind === 'current') tell(`the database is up to date, at ${newest}`);
  else if (decision.kind === 'newer')
    tell(`the database is at ${decision.version}, newer than this image (${newest}); it knows all that is needed here`);
  else
    throw new MigrationFailedError(
      `${nameOf(decision.migration)} is not on record though ${decision.after} is. If it was applied, say so by "supabase migration repair --status applied ${decision.migration.version} --remote=<the database's URL>".`,
    );
}

/** One transaction, tried again while its fault is one that passes. */
async function step(sql: postgres.Sql, options: MigrateOptions, deadline: number): Promise<Decision> {
  for (let last = ''; ; ) {
    try {
      return await sql.begin((transaction) => applyNext(transaction, options));
    } catch (error) {
      const words = wordsOf(error);
      if (words === undefined) throw error;
      if (!isPassing(error)) throw new MigrationFailedError(words);
      if (options.clock.now() > deadline) throw new MigrationFailedError(`gave up waiting: ${words}`);
      if (words !== last) options.tell(`waiting: ${words}`);
      last = words;
      await pause(options.clock, retryEveryMs);
    }
  }
}

async function applyNext(sql: postgres.TransactionSql, { migrations, lockMs }: MigrateOptions): Promise<Decision> {
  await sql`select set_config('lock_timeout', ${`${Math.round(lockMs)}ms`}, true)`;
  await sql`select pg_advisory_xact_lock(${lockNumber})`;
  await sql.unsafe(record);
  const rows = await sql<{ version: string }[]>`select version from supabase_migrations.schema_migrations`;
  const recorded = rows.map(({ version }) => version);
  const decision = decideMigration(migrations, recorded, await schemaOf(sql));
  if (decision.kind === 'apply') await apply(sql, decision.migration);
  return decision;
}

/** Word for word what the CLI makes, older ones without the last two columns. */
const record = `
  create schema if not exists supabase_migrations;
  create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
  alter table supabase_migrations.schema_migrations add column if not exists statements text[];
  alter table supabase_migrations.schema_migrations add column if not exists name text;`;

async function schemaOf(sql: postgres.TransactionSql): Promise<string | null> {
  const [found] = await sql<{ there: boolean }[]>`
    select to_regprocedure('public.story_tasks_schema(jsonb)') is not null as there`;
  if (found?.there !== true) return null;
  const [told] = await sql<{ version: string }[]>`select public.story_tasks_schema('{}') ->> 'version' as version`;
  return told?.version ?? null;
}

async function apply(sql: postgres.TransactionSql, migration: Migration): Promise<void> {
  const { version, name, text } = migration;
  try {
    await sql.unsafe(text);
  } catch (error) {
    const words = wordsOf(error);
    if (words === undefined || isPassing(error)) throw error;
    throw new MigrationFailedError(`${nameOf(migration)} failed, and nothing of it was done: ${words}`);
  }
  await sql`
    insert into supabase_migrations.schema_migrations (version, name, statements)
    select ${version}, ${name}, array_agg(statement order by position)
    from jsonb_array_elements_text(${JSON.stringify(splitStatements(text))}::text::jsonb)
      with ordinality as split (statement, position)`;
}

const nameOf = ({ version, name }: Migration) => `${version}_${name}`;

/**
 * 08, 53 and 57P0x are a Postgres that cannot be reached, is full, or goes down or comes up; 55P03 and 40P01 waited for
 * another's lock; the others are the system's and the driver's words for a connection that there is not.
 */
const passing =
  /^(08...|53...|57P0[123]|55P03|40P01|40001|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|CONNECT_TIMEOUT|CONNECTION_CLOSED|CONNECTION_ENDED|CONNECTION_DESTROYED)$/;

const codeOf = (error: unknown) => String((error as { code?: unknown } | null)?.code ?? '');

function isPassing(error: unknown): boolean {
  return passing.test(codeOf(error));
}

/** Undefined: it comes neither from Postgres nor from the way there. */
function wordsOf(error: unknown): string | undefined {
  if (error instanceof MigrationFailedError) return error.message;
  if (error instanceof postgres.PostgresError) return `${safeMessage(error)} (${error.code})`;
  return codeOf(error) === '' ? undefined : `no connection (${codeOf(error)})`;
}

/** Of a value that does not fit (class 22) the message repeats it, as the detail of any could. */
function safeMessage({ message, code }: postgres.PostgresError): string {
  return code.startsWith('22') ? 'a value in the database does not fit' : message;
}
