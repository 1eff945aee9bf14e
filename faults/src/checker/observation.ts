/** Everything that one round left behind, as plain data: what the checker judges, and all that it sees. */
import type { Ledger } from '../client/ledger.ts';
import type { Disturbance } from '../links/link.ts';
import type { StoreCall } from '../links/storeCall.ts';
import type { ModelCall } from '../model/modelServer.ts';
import type { LimitChange } from './limits.ts';

/** A row of story_tasks, as Postgres gives it as JSON. */
export interface TaskRow {
  readonly id: string;
  readonly story_id: string | null;
  readonly operation: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly status: string;
  readonly progress: number;
  readonly held: boolean;
  readonly task_cancelled: boolean;
  readonly attempt: number;
  readonly attempts_spent: number;
  readonly worker_id: string | null;
  readonly lease_expires_at: string | null;
  readonly idempotency_key: string | null;
  readonly error_code: string | null;
  readonly result: unknown;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly last_seq: number;
}

export interface EventRow {
  readonly task_id: string;
  readonly seq: number;
  readonly event_type: string;
  readonly status: string | null;
  readonly message: string;
  readonly payload: Readonly<Record<string, unknown>> | null;
  readonly progress_override: number | null;
  readonly created_at: string;
}

export interface Observation {
  readonly tasks: readonly TaskRow[];
  /** By task, then number. */
  readonly events: readonly EventRow[];
  readonly ledger: Ledger;
  readonly modelCalls: readonly ModelCall[];
  /** When calls to the model, or their replies, may have been broken on their way. */
  readonly modelDisturbances: readonly Disturbance[];
  /** When anything of a worker's may have been late: its links, and its process. */
  readonly delays: readonly Disturbance[];
  readonly storeCalls: readonly StoreCall[];
  /** In the order in which they were written. */
  readonly limits: readonly LimitChange[];
  /** Whatever was written or told, by where. */
  readonly texts: readonly { readonly where: string; readonly text: string }[];
  /** By name; the names alone are ever told. */
  readonly secrets: Readonly<Record<string, string>>;
}

export interface Violation {
  /** The name of the check that found it. */
  readonly check: string;
  readonly taskId?: string | undefined;
  readonly told: string;
}

/** What one check finds wrong; its name is added by the checker. */
export type Finding = Omit<Violation, 'check'>;
export type Check = (observation: Observation) => Finding[];

const terminal = ['succeeded', 'failed', 'cancelled'];
export const isTerminal = (status: string | null): boolean => status !== null && terminal.includes(status);

function eventsOf({ events }: Observation, { id }: TaskRow): EventRow[] {
  return events.filter((event) => event.task_id === id);
}

/** A check of each task alone. @param faults sentences about it */
export const perTask =
  (faults: (task: TaskRow, events: EventRow[], observation: Observation) => string[]): Check =>
  (observation) =>
    observation.tasks.flatMap((task) =>
      faults(task, eventsOf(observation, task), observation).map((told) => ({ taskId: task.id, told })),
    );
