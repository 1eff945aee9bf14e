/** I3: writes carry their attempt, and a stale one is refused; nobody is taken over from while the lease lives. */
import type { StoreCall } from '../links/storeCall.ts';
import type { Check, Finding } from './observation.ts';

interface Write {
  readonly taskId: string;
  readonly attempt: number;
  readonly what: string;
  readonly accepted: boolean;
  /** Until when it surely extends the lease, in milliseconds since the epoch; 0 when it does not. */
  readonly leaseUntil: number;
  readonly call: StoreCall;
}

interface Entry {
  readonly taskId: string;
  readonly attempt?: number;
  readonly leaseMs?: number;
}

/** The answers by which the store takes a write. */
const accepting: Readonly<Record<string, readonly string[]>> = {
  finish_story_task: ['finished', 'cancelled', 'retrying'],
  release_story_task: ['released', 'cancelled'],
  save_story_work: ['saved'],
};

function writesOf(calls: readonly StoreCall[]): Write[] {
  return calls.flatMap((call) => (call.what === 'append_story_task_events' ? batchWrites(call) : singleWrite(call)));
}

function batchWrites(call: StoreCall): Write[] {
  const { what, request, reply, sentAt } = call;
  const answers = (reply?.['answers'] ?? {}) as Record<string, string>;
  const entries = (request['entries'] ?? []) as Entry[];
  return entries.map(({ taskId, attempt = 0, leaseMs }) => {
    const accepted = ['ok', 'cancel'].includes(answers[taskId] ?? '');
    const leaseUntil = accepted && leaseMs !== undefined ? sentAt + leaseMs : 0;
    return { taskId, attempt, what, accepted, leaseUntil, call };
  });
}

function singleWrite(call: StoreCall): Write[] {
  const { what, request, reply } = call;
  const accepts = accepting[what];
  if (accepts === undefined) return [];
  const { taskId, attempt } = request as unknown as Required<Entry>;
  const accepted = accepts.includes(String(reply?.['outcome']));
  return [{ taskId, attempt, what, accepted, leaseUntil: 0, call }];
}

interface Claim {
  readonly taskId: string;
  readonly attempt: number;
  readonly answeredAt: number;
  readonly leaseUntil: number;
}

function claimsOf(calls: readonly StoreCall[]): Claim[] {
  return calls.flatMap(({ what, request, reply, answeredAt }) => {
    if (what !== 'claim_story_task' || reply?.['outcome'] !== 'claimed' || answeredAt === undefined) return [];
    const { attempt, lease_expires_at } = reply['task'] as { attempt: number; lease_expires_at: string };
    return [{ taskId: String(request['taskId']), attempt, answeredAt, leaseUntil: Date.parse(lease_expires_at) }];
  });
}

/**
 * No write is taken that left for the store after a later attempt's claim had been answered. A repeat of a write that
 * was taken in time is answered as it was then, and so is no new one.
 */
export const staleWritesRefused: Check = ({ storeCalls }) => {
  const claims = Map.groupBy(claimsOf(storeCalls), ({ taskId }) => taskId);
  const repeats = repeatedCalls(storeCalls);
  return writesOf(storeCalls).flatMap(({ taskId, attempt, what, accepted, call }): Finding[] => {
    const later = (claims.get(taskId) ?? []).find((claim) => claim.attempt > attempt && claim.answeredAt < call.sentAt);
    if (!accepted || later === undefined || repeats.has(call)) return [];
    return [{ taskId, told: `${what} of attempt ${attempt} was taken after attempt ${later.attempt} had its claim` }];
  });
};

/** Finishes and releases whose event id an earlier call had carried already. */
function repeatedCalls(calls: readonly StoreCall[]): Set<StoreCall> {
  const seen = new Set<unknown>();
  const repeats = new Set<StoreCall>();
  for (const call of calls) {
    const id = call.request['eventId'];
    if (!(call.what in accepting) || id === undefined) continue;
    if (seen.has(id)) repeats.add(call);
    seen.add(id);
  }
  return repeats;
}

/** The database's clock and ours are one machine's: what is left is the time of day's own grain. */
const grainMs = 20;

/** A worker is held to be lost no sooner than the last lease that it surely had has run out. */
export const leaseOutlasted: Check = ({ events, storeCalls }) => {
  const held = [
    ...claimsOf(storeCalls).map((claim) => ({ ...claim, sentAt: 0 })),
    ...writesOf(storeCalls).map((write) => ({ ...write, sentAt: write.call.sentAt })),
  ];
  return events.flatMap(({ task_id: taskId, payload, created_at, seq }): Finding[] => {
    if (payload?.['code'] !== 'WORKER_LOST') return [];
    const lostAt = Date.parse(created_at);
    const own = held.filter(
      (each) => each.taskId === taskId && each.attempt === payload['attempt'] && each.sentAt < lostAt,
    );
    const until = Math.max(0, ...own.map(({ leaseUntil }) => leaseUntil));
    if (lostAt >= until - grainMs) return [];
    return [{ taskId, told: `event ${seq}: taken from its worker ${until - lostAt} ms before its lease ran out` }];
  });
};
