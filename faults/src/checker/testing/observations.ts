/** A round that went well, made by hand: a task of one story that lost its worker once, and succeeded. */
import type { CreateCall } from '../../client/ledger.ts';
import type { StoreCall } from '../../links/storeCall.ts';
import type { ModelCall } from '../../model/modelServer.ts';
import type { EventRow, Observation, TaskRow } from '../observation.ts';

export const startedAt = Date.parse('2026-11-22T12:00:00Z');
const leaseMs = 2_000;
/** So many milliseconds after the round began. */
export const at = (milliseconds: number): string => new Date(startedAt + milliseconds).toISOString();

export const task = (changes: Partial<TaskRow> = {}): TaskRow => ({
  id: 'task',
  story_id: 'story',
  operation: 'RUN_WORKFLOW_TASK',
  payload: { task: 'CREATE_INTERACTIVE_SCRIPT' },
  status: 'succeeded',
  progress: 100,
  held: false,
  task_cancelled: false,
  attempt: 2,
  attempts_spent: 0,
  worker_id: 'worker-b',
  lease_expires_at: null,
  idempotency_key: 'key',
  error_code: null,
  result: {},
  started_at: at(10),
  finished_at: at(3_000),
  input_tokens: 22,
  output_tokens: 14,
  last_seq: 6,
  ...changes,
});

export const event = (seq: number, changes: Partial<EventRow> = {}): EventRow => ({
  task_id: 'task',
  seq,
  event_type: 'info',
  status: null,
  message: 'something happened',
  payload: null,
  progress_override: null,
  created_at: at(seq * 100),
  ...changes,
});

export const events: readonly EventRow[] = [
  event(1, { status: 'queued', progress_override: 0 }),
  event(2, { status: 'running', progress_override: 0, created_at: at(10) }),
  event(3, { message: 'Scenelet 1 of 1 written: Scene 1', progress_override: 50 }),
  event(4, {
    status: 'queued',
    progress_override: 50,
    payload: { code: 'WORKER_LOST', attempt: 1 },
    created_at: at(2_200),
  }),
  event(5, { status: 'running', progress_override: 50, created_at: at(2_300) }),
  event(6, { status: 'succeeded', progress_override: 100, created_at: at(3_000) }),
];

export const modelCall = (piece: string, changes: Partial<ModelCall> = {}): ModelCall => ({
  story: 'Story-1-n1',
  step: 'scenelet',
  piece,
  startedAt: startedAt + 20,
  endedAt: startedAt + 30,
  outcome: 'answered',
  ...changes,
});

export const claim = (attempt: number, sent: number): StoreCall => ({
  link: 'worker-store',
  what: 'claim_story_task',
  request: { taskId: 'task' },
  sentAt: startedAt + sent,
  answeredAt: startedAt + sent + 5,
  status: 200,
  reply: { outcome: 'claimed', task: { attempt, lease_expires_at: at(sent + leaseMs) } },
});

export const batch = (attempt: number, sent: number, answer: string): StoreCall => ({
  link: 'worker-store',
  what: 'append_story_task_events',
  request: { entries: [{ taskId: 'task', attempt, leaseMs, events: [] }] },
  sentAt: startedAt + sent,
  answeredAt: startedAt + sent + 5,
  status: 200,
  reply: { outcome: 'done', answers: { task: answer } },
});

export const write = (what: string, attempt: number, sent: number, outcome: string): StoreCall => ({
  link: 'worker-store',
  what,
  request: { taskId: 'task', attempt, eventId: `${what} ${attempt}` },
  sentAt: startedAt + sent,
  answeredAt: startedAt + sent + 5,
  status: 200,
  reply: { outcome },
});

export const created = (changes: Partial<CreateCall> = {}): CreateCall => ({
  askedAt: startedAt,
  answeredAt: startedAt + 5,
  status: 201,
  taskId: 'task',
  code: null,
  key: 'key',
  ...changes,
});

export const cancelled = (status: number, answered: number) => ({
  ...created({ status, answeredAt: startedAt + answered }),
  taskId: 'task',
});

export function observation(changes: Partial<Observation> = {}): Observation {
  return {
    tasks: [task()],
    events,
    ledger: { stories: [{ id: 'story', mark: 'Story-1-n1' }], creates: [created()], cancels: [], texts: [] },
    modelCalls: [modelCall('scene-1'), modelCall('scene-2')],
    modelDisturbances: [],
    delays: [],
    storeCalls: [claim(1, 10), batch(1, 100, 'ok'), claim(2, 2_290), batch(1, 2_500, 'stale')],
    limits: [],
    texts: [{ where: 'the logs', text: 'worker ready' }],
    secrets: { modelKey: 'canary' },
    ...changes,
  };
}
