/** The functions of the migrations as a connection calls them, and the rows that they leave. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';

/** The columns that tests look at. */
export interface TaskRow {
  readonly id: string;
  readonly status: string;
  readonly progress: number;
  readonly persisted_progress: number;
  readonly attempt: number;
  readonly attempts_spent: number;
  readonly losses_since_progress: number;
  readonly last_seq: number;
  readonly task_cancelled: boolean;
  readonly idempotency_key: string | null;
  readonly worker_id: string | null;
  readonly error_code: string | null;
  readonly input_tokens: number;
  readonly lease_expires_at: string | null;
  readonly available_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly created_at: string;
  readonly requested_by: string | null;
}

export interface EventRow {
  readonly id: string;
  readonly seq: number;
  readonly event_type: string;
  readonly status: string | null;
  readonly message: string;
  readonly created_at: string;
}

export interface Answer {
  readonly outcome: string;
  readonly task?: TaskRow;
  readonly reason?: string;
  readonly retryAfterMs?: number;
  readonly answers?: Record<string, string>;
  readonly value?: unknown;
}

export type Request = Record<string, unknown>;

export async function call(client: pg.Client, name: string, request: Request): Promise<Answer> {
  const { rows } = await client.query<{ answer: Answer }>(`select public.${name}($1::jsonb) as answer`, [
    JSON.stringify(request),
  ]);
  return one(rows).answer;
}

export function one<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (row === undefined || rows.length !== 1) throw new Error(`expected one row, got ${rows.length}`);
  return row;
}

/** An outcome's task, where there must be one. */
export function taskIn(answer: Answer): TaskRow {
  if (!answer.task) throw new Error(`"${answer.outcome}" came without a task`);
  return answer.task;
}

export async function newTask(client: pg.Client, request: Request = {}): Promise<string> {
  const made = await call(client, 'create_story_task', {
    id: randomUUID(),
    eventId: randomUUID(),
    operation: 'RUN_WORKFLOW_TASK',
    dispatch: 'queue',
    ...request,
  });
  return taskIn(made).id;
}

export const claimRequest = (taskId: string, request: Request = {}): Request => ({
  taskId,
  claimToken: randomUUID(),
  eventId: randomUUID(),
  workerId: 'worker-1',
  leaseMs: 60_000,
  ...request,
});

export const claim = (client: pg.Client, taskId: string, request: Request = {}) =>
  call(client, 'claim_story_task', claimRequest(taskId, request));

/** A new task that is running at attempt 1. */
export async function runningTask(client: pg.Client, request: Request = {}, claiming: Request = {}): Promise<string> {
  const id = await newTask(client, request);
  const answer = await claim(client, id, claiming);
  if (answer.outcome !== 'claimed') throw new Error(`not claimed: ${answer.reason}`);
  return id;
}

export const finishRequest = (taskId: string, request: Request = {}): Request => ({
  taskId,
  attempt: 1,
  eventId: randomUUID(),
  status: 'succeeded',
  message: 'Done',
  ...request,
});

export const finish = (client: pg.Client, taskId: string, request: Request = {}) =>
  call(client, 'finish_story_task', finishRequest(taskId, request));

export const release = (client: pg.Client, taskId: string, attempt = 1) =>
  call(client, 'release_story_task', { taskId, attempt, eventId: randomUUID(), message: 'Released' });

export const cancel = (client: pg.Client, taskId: string) =>
  call(client, 'cancel_story_task', { taskId, eventId: randomUUID(), reason: 'asked' });

export const event = (request: Request = {}): Request => ({
  id: randomUUID(),
  eventType: 'info',
  message: 'told',
  ...request,
});

export const entry = (taskId: string, request: Request = {}): Request => ({
  taskId,
  attempt: 1,
  leaseMs: 60_000,
  events: [event()],
  ...request,
});

export const batch = (client: pg.Client, ...entries: Request[]) =>
  call(client, 'append_story_task_events', { entries });

export async function newStory(client: pg.Client): Promise<string> {
  const made = await client.query<{ id: string }>(
    "insert into public.stories (display_name, initial_prompt) values ('A story', 'Once') returning id",
  );
  return one(made.rows).id;
}

export async function taskRow(client: pg.Client, id: string): Promise<TaskRow> {
  const { rows } = await client.query<{ task: TaskRow }>(
    'select to_jsonb(t) as task from public.story_tasks t where id = $1',
    [id],
  );
  return one(rows).task;
}

/** Oldest first. */
export async function eventRows(client: pg.Client, taskId: string): Promise<EventRow[]> {
  const { rows } = await client.query<{ event: EventRow }>(
    'select to_jsonb(e) as event from public.story_task_events e where task_id = $1 order by seq',
    [taskId],
  );
  return rows.map((row) => row.event);
}

const terminal = new Set(['succeeded', 'failed', 'cancelled']);

/** Null when the task keeps R1 and the gapless numbering (R6); else what is wrong. */
export async function faultOf(client: pg.Client, taskId: string): Promise<string | null> {
  const task = await taskRow(client, taskId);
  const events = await eventRows(client, taskId);
  const ends = events.filter(({ status }) => status !== null && terminal.has(status)).map(({ status }) => status);
  const wanted = terminal.has(task.status) ? [task.status] : [];
  if (ends.join() !== wanted.join()) return `${task.status} with terminal events [${ends.join()}]`;
  if (events.some(({ seq }, index) => seq !== index + 1)) return `seqs ${events.map(({ seq }) => seq).join()}`;
  return task.last_seq === events.length ? null : `last_seq ${task.last_seq} of ${events.length} events`;
}
