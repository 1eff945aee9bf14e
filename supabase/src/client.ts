/** The connection to Supabase: one client a process, every call bounded in time and, where that is safe, repeated. */
import { pause, systemWorld, type World } from '@story-tasks/contracts';
import { createClient, type PostgrestError, type SupabaseClient } from '@supabase/supabase-js';
import { StoreRejectedError, StoreUnavailableError } from './errors.ts';

export interface StoreSettings {
  readonly url: string;
  /** `sb_secret_…`, or the service role's JWT. */
  readonly secretKey: string;
  /** Bound on one call with its repeats, in milliseconds. */
  readonly timeoutMs?: number;
  /** What requests are sent with; the global `fetch` when absent. */
  readonly fetch?: typeof fetch;
  readonly world?: World;
}

export interface Store extends World {
  readonly client: SupabaseClient;
  readonly timeoutMs: number;
}

const defaultTimeoutMs = 5_000;
/** Waits between the tries of one call, before jitter. Two repeats: an outage must not become a storm. */
const repeatAfterMs = [100, 400];

export function connectStore(settings: StoreSettings): Store {
  const client = createClient(settings.url, settings.secretKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    // The client would repeat reads on its own, with waits of seconds, inside every one of our tries.
    db: { retry: false },
    ...(settings.fetch === undefined ? {} : { global: { fetch: settings.fetch } }),
  });
  return { client, timeoutMs: settings.timeoutMs ?? defaultTimeoutMs, ...(settings.world ?? systemWorld) };
}

interface Answer<T> {
  readonly data: T | null;
  readonly error: PostgrestError | null;
  readonly status: number;
}

/** What a call is: built anew for each try, since a request can be sent only once. */
export type Call<T> = (signal: AbortSignal) => PromiseLike<Answer<T>>;

/**
 * Runs a call that changes nothing when it is repeated (a read, or a write that carries its own id: rule R7).
 *
 * @param what names the call in an error
 * @throws StoreUnavailableError when the store does not take it within the store's timeout
 * @throws StoreRejectedError when it answers that the call itself is wrong
 */
export async function askStore<T>(store: Store, what: string, call: Call<T>): Promise<T | null> {
  const deadline = new AbortController();
  const stopTimer = store.clock.after(store.timeoutMs, () => deadline.abort());
  try {
    return await askUntil(store, what, call, deadline.signal);
  } finally {
    stopTimer();
  }
}

async function askUntil<T>(store: Store, what: string, call: Call<T>, deadline: AbortSignal): Promise<T | null> {
  for (const wait of [...repeatAfterMs, undefined]) {
    const answer = await tryCall(call, deadline);
    if (answer !== 'unavailable') return settle(what, answer);
    if (wait === undefined || deadline.aborted) break;
    await pause(store.clock, wait * (0.5 + store.chance.fraction()), deadline).catch(() => undefined);
  }
  throw new StoreUnavailableError(what);
}

async function tryCall<T>(call: Call<T>, deadline: AbortSignal): Promise<Answer<T> | 'unavailable'> {
  try {
    const answer = await call(deadline);
    return answer.error !== null && isPassing(answer) ? 'unavailable' : answer;
  } catch {
    return 'unavailable';
  }
}

/**
 * 57014 is a statement that ran out of time; 40001 and 40P01 lost a race that a repeat wins; 08, 53 and 57P0x are a
 * Postgres that cannot be reached, is full or is going down; PGRST00x are the gateway's own connection faults.
 */
const passingCode = /^(08...|40001|40P01|53...|57014|57P0[1-5]|PGRST00[0-3])$/;
/** Codes that say who refused and why; a 500 without one is a gateway that lost its database. */
const knownCode = /^([0-9A-Z]{5}|PGRST.*)$/;

function isPassing({ status, error }: Answer<unknown>): boolean {
  if (status === 0 || status === 408 || status === 429 || status >= 502) return true;
  const code = error?.code ?? '';
  return passingCode.test(code) || (status >= 500 && !knownCode.test(code));
}

function settle<T>(what: string, answer: Answer<T>): T | null {
  if (answer.error === null) return answer.data;
  // Whatever else a gateway puts there could repeat what it was sent, the key included.
  const code = /^[0-9A-Z]{3,8}$/.test(answer.error.code ?? '') ? answer.error.code : `HTTP ${answer.status}`;
  throw new StoreRejectedError(what, code);
}

/** Of a look at whether the store is there, in milliseconds. */
export const probeTimeoutMs = 2_000;

/**
 * Resolves when Postgres answers: one tiny read, of a table with a few rows.
 * @throws StoreUnavailableError, StoreRejectedError
 */
export async function probeStore(store: Store): Promise<void> {
  await askStore({ ...store, timeoutMs: probeTimeoutMs }, 'probe', (signal) =>
    store.client.from('story_task_lanes').select('operation').limit(1).abortSignal(signal),
  );
}

/** Calls a function of the migrations: one jsonb object in, one with a typed `outcome` out. */
export async function callFunction<Reply extends { outcome: string }>(
  store: Store,
  name: string,
  request: Record<string, unknown>,
): Promise<Reply> {
  const reply = await askStore<Reply>(store, name, (signal) => store.client.rpc(name, { request }).abortSignal(signal));
  if (reply === null) throw new StoreRejectedError(name, 'no answer');
  return reply;
}
