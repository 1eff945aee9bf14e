/** I8: no run begins above its operation's limit, counted over those under way, while the settings change under them. */
import type { Check, EventRow, Finding, Observation } from './observation.ts';

/** A limit that was written down for an operation; null: none. */
export interface LimitChange {
  readonly operation: string;
  readonly limit: number | null;
  /** By this process's clock, which is the database's too, in milliseconds. */
  readonly at: number;
}

/** How long a worker may go by the document before. */
export const appliedWithinMs = 2_000;

interface Span {
  readonly taskId: string;
  readonly from: number;
  readonly to: number;
}

/** Of a run whose lease ran out, up to its last own event: it may have been given up any time after that. */
function spansOf(taskId: string, events: readonly EventRow[]): Span[] {
  return events.flatMap((event, index): Span[] => {
    if (event.status !== 'running') return [];
    const next = events.findIndex((later, at) => at > index && later.status !== null);
    const isLost = events[next]?.payload?.['code'] === 'WORKER_LOST';
    const end = events[isLost ? next - 1 : next];
    return [{ taskId, from: timeOf(event), to: end === undefined ? Number.POSITIVE_INFINITY : timeOf(end) }];
  });
}

const timeOf = ({ created_at }: EventRow) => Date.parse(created_at);

/** The highest that any worker may have held for the limit at that time. */
function highestAt(changes: readonly LimitChange[], time: number): number {
  const valid = (change: LimitChange, index: number) => {
    const until = changes[index + 1]?.at ?? Number.POSITIVE_INFINITY;
    return change.at <= time && until > time - appliedWithinMs;
  };
  const limits = changes.filter(valid).map(({ limit }) => limit ?? Number.POSITIVE_INFINITY);
  const isBefore = (changes[0]?.at ?? Number.POSITIVE_INFINITY) > time - appliedWithinMs;
  return isBefore ? Number.POSITIVE_INFINITY : Math.max(...limits);
}

export const limitsHold: Check = (observation) =>
  [...Map.groupBy(observation.limits, ({ operation }) => operation)].flatMap(([operation, changes]) =>
    faultsOf(runsOf(observation, operation), changes),
  );

function runsOf({ tasks, events }: Observation, operation: string): Span[] {
  const eventsOf = Map.groupBy(events, ({ task_id }) => task_id);
  return tasks.filter((task) => task.operation === operation).flatMap(({ id }) => spansOf(id, eventsOf.get(id) ?? []));
}

function faultsOf(runs: readonly Span[], changes: readonly LimitChange[]): Finding[] {
  return runs.flatMap(({ taskId, from }): Finding[] => {
    const others = runs.filter((run) => run.taskId !== taskId && run.from <= from && run.to > from).length;
    const highest = highestAt(changes, from);
    return others < highest ? [] : [{ taskId, told: `it began beside ${others} others, and the limit was ${highest}` }];
  });
}
