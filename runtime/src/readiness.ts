/** Whether what a process stands on can be used: asked of it seldom, however many want to know. */
import { type Clock, CodedError, pause } from '@story-tasks/contracts';
import type { Logger } from './logger.ts';
import type { Health } from './opsServer.ts';
import { within } from './within.ts';

/** Resolves when the thing can be used. Must end by itself, in whatever time. */
export type Check = () => Promise<unknown>;

/** Below the second that a platform gives a probe. What takes longer cannot be used. */
const answerWithinMs = 800;
/** An answer holds for so long. */
const freshMs = 250;

/**
 * Answers within a second, and names what cannot be used. Why is told of what time alone does not mend; of the rest the
 * process's own logs tell.
 * @param checks by the name of what each looks at
 */
export function createReadiness(checks: Readonly<Record<string, Check>>, logger: Logger): () => Promise<Health> {
  const dependencies = Object.entries(checks).map(([name, check]) => ({ name, usable: shared(check) }));
  const tell = teller(logger);
  return async () => {
    const answers = await Promise.all(dependencies.map(async ({ name, usable }) => ({ name, usable: await usable() })));
    const unusable = answers.filter(({ usable }) => usable !== true).map(({ name }) => name);
    const reasons = answers.flatMap(({ name, usable }) => (typeof usable === 'string' ? [[name, usable]] : []));
    const why = reasons.length > 0 ? { why: Object.fromEntries(reasons) as Record<string, string> } : {};
    const state: NotReady = { unusable, ...why };
    tell(state);
    return unusable.length > 0 ? { ok: false, ...state } : { ok: true };
  };
}

interface NotReady {
  readonly unusable: readonly string[];
  readonly why?: Readonly<Record<string, string>>;
}

/** Says what changes: a reason, too, that an answer was too late for before. One that is late again changes nothing. */
function teller(logger: Logger): (state: NotReady) => void {
  let names = '';
  let reasons: Readonly<Record<string, string>> = {};
  return (state) => {
    const { unusable, why = {} } = state;
    const isNew = names !== unusable.join();
    if (isNew || Object.keys(why).some((name) => reasons[name] !== why[name]))
      logger.warn(state, unusable.length > 0 ? 'not ready' : 'ready again');
    names = unusable.join();
    reasons = isNew ? why : { ...reasons, ...why };
  };
}

/** Green for good once it was green: for whom a later outage is no reason to be taken away. */
export function readyForGood(ready: () => Promise<Health>): () => Promise<Health> {
  let reached: Health | undefined;
  return async () => {
    if (reached) return reached;
    const health = await ready();
    if (health.ok) reached = health;
    return health;
  };
}

/** Looks until it is ready. @throws the signal's reason when that aborts first */
export async function untilReady(ready: () => Promise<Health>, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!(await ready()).ok) await pause(clock, freshMs, signal);
}

/** A sentence: it cannot be used, and that is why. */
type Usable = boolean | string;

/** One call at a time: whoever asks meanwhile waits for the same one. */
function shared(check: Check): () => Promise<Usable> {
  let pending: Promise<Usable> | undefined;
  let last: { at: number; usable: Usable } = { at: Number.NEGATIVE_INFINITY, usable: false };
  const ask = async (): Promise<Usable> => {
    const usable = await check().then(() => true, reasonOf);
    last = { at: performance.now(), usable };
    pending = undefined;
    return usable;
  };
  return () => {
    if (pending === undefined && performance.now() - last.at < freshMs) return Promise.resolve(last.usable);
    pending ??= ask();
    return within(answerWithinMs, pending).catch(() => false);
  };
}

/** Only errors of ours are fit to be shown. */
function reasonOf(error: unknown): Usable {
  return error instanceof CodedError && error.kind === 'fatal' ? error.message : false;
}
