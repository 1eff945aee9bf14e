/** The real record, Supabase Lite over Postgres with the real migrations, but with its clock in the simulation's hand. */
import type { Clock } from '@story-tasks/contracts';
import { settled } from '@story-tasks/contracts/test';
import { startLite, startPostgres } from '@story-tasks/supabase/test';
import type pg from 'pg';

/** Turns, after the last answer, in which whoever waited for it goes on. */
const turns = 10;

export class SimulatedRecord {
  readonly url: string;
  readonly secretKey: string;
  readonly #database: pg.Client;
  readonly #stop: () => Promise<void>;
  #clock: Clock | undefined;
  #set: Promise<unknown> = Promise.resolve();
  #setTo = 0;
  #pending = 0;

  private constructor(lite: { url: string; secretKey: string }, database: pg.Client, stop: () => Promise<void>) {
    this.url = lite.url;
    this.secretKey = lite.secretKey;
    this.#database = database;
    this.#stop = stop;
  }

  static async start(): Promise<SimulatedRecord> {
    const postgres = await startPostgres({ bare: true });
    const lite = await startLite({ postgresUrl: postgres.url });
    const database = await postgres.connect('postgres');
    await database.query(virtualTime);
    return new SimulatedRecord(lite, database, async () => {
      await database.end();
      await lite.stop();
      await postgres.stop();
    });
  }

  /** From here on this is the time, in the database too. */
  setClock(clock: Clock): void {
    this.#clock = clock;
  }

  /** Sends a request at the present virtual moment, and counts it until it is answered whole. */
  readonly fetch: typeof fetch = async (input, init) => {
    this.#pending += 1;
    try {
      await this.#bringTime();
      const { signal: _, ...rest } = init ?? {};
      const answer = await fetch(input, rest);
      const body = await answer.arrayBuffer();
      return new Response(body.byteLength === 0 ? null : body, { status: answer.status, headers: answer.headers });
    } finally {
      this.#pending -= 1;
    }
  };

  /** Resolves once no request is under way and nobody makes another without more time. */
  readonly settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < turns; quiet += 1) {
      await settled();
      if (this.#pending > 0) quiet = -1;
    }
  };

  async rows(sql: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.#database.query(sql, [...values])).rows as Record<string, unknown>[];
  }

  async stop(): Promise<void> {
    await this.settle();
    await this.#stop();
  }

  #bringTime(): Promise<unknown> {
    const now = this.#clock?.date() ?? 0;
    if (now !== this.#setTo) {
      this.#setTo = now;
      this.#set = this.#database.query('update simulation.time set at = to_timestamp($1 / 1000.0)', [now]);
    }
    return this.#set;
  }
}

/** Every function and default of the migrations, as they are, with the simulation's time in the place of the machine's. */
const virtualTime = `
create schema simulation;
create table simulation.time (at timestamptz not null);
insert into simulation.time values (clock_timestamp());
create function simulation.clock() returns timestamptz language sql stable as 'select at from simulation.time';
grant usage on schema simulation to public;
grant select on simulation.time to public;
do $$
declare
  found record;
  replaced int := 0;
begin
  for found in
    select pg_get_functiondef(p.oid) as definition from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('public', 'story_tasks_internal') and p.prokind = 'f' and p.prosrc like '%clock_timestamp()%'
  loop
    execute replace(found.definition, 'clock_timestamp()', 'simulation.clock()');
    replaced := replaced + 1;
  end loop;
  if replaced = 0 then raise exception 'no function reads the clock: the simulation would run on real time'; end if;
  for found in
    select table_name, column_name from information_schema.columns
    where table_schema = 'public' and column_default = 'now()'
  loop
    execute format('alter table public.%I alter %I set default simulation.clock()', found.table_name, found.column_name);
  end loop;
end $$;
`;
