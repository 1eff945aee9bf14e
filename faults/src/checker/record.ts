/** I2 and I5: the row and its events tell one story, which is replayed here from the events alone. */
import { type Check, type EventRow, isTerminal, perTask, type TaskRow } from './observation.ts';

const statusesOf = (events: readonly EventRow[]) => events.flatMap(({ status }) => status ?? []);

/** A task that has ended has one terminal event, and nothing after it. */
export const oneTerminalEvent: Check = perTask((task, events) => {
  const ends = events.filter(({ status }) => isTerminal(status));
  const wanted = isTerminal(task.status) ? 1 : 0;
  if (ends.length !== wanted) return [`${ends.length} terminal events: ${statusesOf(ends)}`];
  return wanted === 0 || ends[0] === events.at(-1) ? [] : [`events follow the one that tells of its end`];
});

/** From each status, those that docs/state-machine.md allows. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  none: ['queued'],
  queued: ['running', 'cancelled', 'failed'],
  running: ['queued', 'succeeded', 'failed', 'cancelled'],
};

export const legalStatuses: Check = perTask((_, events) => {
  const path = ['none', ...statusesOf(events)];
  return path.slice(1).flatMap((status, index) => {
    const before = path[index] ?? 'none';
    return allowed[before]?.includes(status) ? [] : [`it went from ${before} to ${status}`];
  });
});

export const gaplessNumbers: Check = perTask((task, events) => {
  const seqs = events.map(({ seq }) => seq);
  const gapless = seqs.every((seq, index) => seq === index + 1);
  if (!gapless) return [`its events are numbered ${seqs.join(', ')}`];
  return task.last_seq === seqs.length ? [] : [`last_seq is ${task.last_seq} of ${seqs.length} events`];
});

export const progressNeverFalls: Check = perTask((_, events) => {
  let reached = 0;
  const falls: string[] = [];
  for (const { status, progress_override: told, seq } of events) {
    // A claim sets it to where the persisted work stands.
    if (status === 'running') reached = 0;
    if (told !== null && told < reached) falls.push(`event ${seq} tells ${told} after ${reached}`);
    reached = Math.max(reached, told ?? 0);
  }
  return falls;
});

interface Derived {
  readonly status: string;
  readonly attempt: number;
  readonly attempts_spent: number;
  readonly progress: number;
  readonly ended: boolean;
  readonly started: boolean;
}

/** Failures that no run of the task is charged for: it never ran, or its worker was lost. */
const freeOfCharge = ['ENQUEUE_FAILED', 'WORKER_LOST'];

function derive(events: readonly EventRow[]): Derived {
  const statuses = statusesOf(events);
  const status = statuses.at(-1) ?? '';
  const attempt = statuses.filter((each) => each === 'running').length;
  const charged = events.filter(
    ({ status: each, event_type, payload }) =>
      each !== null && event_type === 'error' && !freeOfCharge.includes(String(payload?.['code'])),
  );
  const sinceClaim = events.slice(
    Math.max(
      0,
      events.findLastIndex((event) => event.status === 'running'),
    ),
  );
  const progress = Math.max(0, ...sinceClaim.flatMap((event) => event.progress_override ?? []));
  return {
    ...{ status, attempt, progress },
    attempts_spent: charged.length,
    ended: isTerminal(status),
    started: attempt > 0,
  };
}

function asDerived(task: TaskRow): Derived {
  const { status, attempt, attempts_spent, progress, finished_at, started_at } = task;
  return { status, attempt, attempts_spent, progress, ended: finished_at !== null, started: started_at !== null };
}

export const rowFollowsFromEvents: Check = perTask((task, events) => {
  const [told, stands] = [derive(events), asDerived(task)];
  const keys = Object.keys(told) as (keyof Derived)[];
  return keys
    .filter((key) => told[key] !== stands[key])
    .map((key) => `${key} is ${stands[key]}, and by its events ${told[key]}`);
});

export const endedRowIsWhole: Check = perTask(({ status, progress, lease_expires_at, error_code, result }) => {
  if (!isTerminal(status)) return [];
  return [
    ...(lease_expires_at === null ? [] : ['it has ended, and has a lease']),
    ...(status !== 'succeeded' || progress === 100 ? [] : [`succeeded at ${progress} %`]),
    // A cancelled one may keep what an earlier run failed with.
    ...(status === 'cancelled' || (status === 'failed') === (error_code !== null) ? [] : [`${status}: ${error_code}`]),
    ...((status === 'succeeded') === (result !== null) ? [] : [`${status}, and its result is ${typeof result}`]),
  ];
});
