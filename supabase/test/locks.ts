/** Seeing a lock decide: one connection holds its transaction open, and the other is watched until it waits. */
import { setImmediate as turn } from 'node:timers/promises';
import type pg from 'pg';
import { one } from './calls.ts';
import { waitLimits } from './timeouts.ts';

/** Asks until the condition holds. @throws Error naming it when the limit passes */
export async function until(what: string, limitMs: number, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await turn();
  }
}

async function processId(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return one(rows).pid;
}

/** @param observer a superuser's connection: others do not see what a session waits for */
async function isBlockedBy(observer: pg.Client, waiting: number, holding: number): Promise<boolean> {
  const { rows } = await observer.query<{ blocked: boolean }>(
    `select coalesce(bool_or(wait_event_type = 'Lock' and $2 = any (pg_blocking_pids(pid))), false) as blocked
     from pg_stat_activity where pid = $1`,
    [waiting, holding],
  );
  return one(rows).blocked;
}

export interface Contest<First, Second> {
  readonly holder: pg.Client;
  readonly waiter: pg.Client;
  readonly observer: pg.Client;
  /** Done by the holder inside its transaction. */
  readonly first: (client: pg.Client) => Promise<First>;
  /** Done by the waiter, which must be seen waiting for the holder. */
  readonly second: (client: pg.Client) => Promise<Second>;
  readonly end?: 'commit' | 'rollback';
}

/** @returns both answers, the second given only after the first one's transaction ended */
export async function contest<First, Second>(of: Contest<First, Second>): Promise<[First, Second]> {
  const [holding, waiting] = [await processId(of.holder), await processId(of.waiter)];
  await of.holder.query('begin');
  const first = await of.first(of.holder);
  const second = of.second(of.waiter);
  await until('the second call waits for the first', waitLimits.blocked, () =>
    isBlockedBy(of.observer, waiting, holding),
  );
  await of.holder.query(of.end ?? 'commit');
  return [first, await second];
}
