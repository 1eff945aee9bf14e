/** R7: a call whose answer got lost is asked again, or two of it arrive at once: same answer, nothing twice. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  call,
  cancel,
  claimRequest,
  entry,
  event,
  eventRows,
  faultOf,
  finishRequest,
  newStory,
  newTask,
  one,
  type Request,
  runningTask,
  taskRow,
} from './calls.ts';
import { type PostgresServer, startPostgres } from './harness.ts';

const rounds = 200;
let server: PostgresServer;
let left: pg.Client;
let right: pg.Client;

beforeAll(async () => {
  server = await startPostgres();
  [left, right] = [await server.connect(), await server.connect()];
});
afterAll(async () => {
  await Promise.all([left.end(), right.end()]);
  await server.stop();
});

interface Case {
  readonly what: string;
  readonly name: string;
  readonly outcome: string;
  /** Makes what the call needs. @returns the call's request and the task that it is about */
  readonly prepare: () => Promise<{ taskId: string; request: Request }>;
  /** Events the task has after the call, however often it is made. */
  readonly events: number;
}

const of = (taskId: string, request: Request = {}) => ({
  taskId,
  request: { taskId, eventId: randomUUID(), ...request },
});

async function scenelet() {
  const [taskId, storyId] = [await runningTask(left), await newStory(left)];
  const written = { kind: 'scenelet', storyId, key: 'start', content: { text: 'It begins.' } };
  return of(taskId, { attempt: 1, ...written });
}

const cases: Case[] = [
  {
    what: 'a create',
    name: 'create_story_task',
    outcome: 'created',
    prepare: async () => {
      const id = randomUUID();
      const keyed = { idempotencyKey: id, requestHash: 'hash' };
      return { taskId: id, request: { id, eventId: randomUUID(), operation: 'RUN_WORKFLOW_TASK', ...keyed } };
    },
    events: 1,
  },
  {
    what: 'a claim',
    name: 'claim_story_task',
    outcome: 'claimed',
    prepare: async () => {
      const taskId = await newTask(left);
      return { taskId, request: claimRequest(taskId, { globalLimit: 10_000 }) };
    },
    events: 2,
  },
  {
    what: 'a batch',
    name: 'append_story_task_events',
    outcome: 'done',
    prepare: async () => {
      const taskId = await runningTask(left);
      const events = [event({ progressOverride: 10, persisted: true }), event()];
      return { taskId, request: { entries: [entry(taskId, { events, inputTokens: 7, outputTokens: 3 })] } };
    },
    events: 4,
  },
  {
    what: 'a finish',
    name: 'finish_story_task',
    outcome: 'finished',
    prepare: async () => {
      const taskId = await runningTask(left);
      return { taskId, request: finishRequest(taskId, { events: [event()], inputTokens: 7 }) };
    },
    events: 4,
  },
  {
    what: 'a failure that is retried',
    name: 'finish_story_task',
    outcome: 'retrying',
    prepare: async () => {
      const taskId = await runningTask(left, { maxAttempts: 3 });
      return { taskId, request: finishRequest(taskId, { status: 'failed', errorCode: 'X', retryAfterMs: 1 }) };
    },
    events: 3,
  },
  {
    what: 'a finish after a cancellation',
    name: 'finish_story_task',
    outcome: 'cancelled',
    prepare: async () => {
      const taskId = await runningTask(left);
      await cancel(left, taskId);
      return { taskId, request: finishRequest(taskId) };
    },
    events: 4,
  },
  {
    what: 'a release',
    name: 'release_story_task',
    outcome: 'released',
    prepare: async () => of(await runningTask(left), { attempt: 1, message: 'Released', events: [event()] }),
    events: 4,
  },
  {
    what: 'a cancellation of a queued task',
    name: 'cancel_story_task',
    outcome: 'cancelled',
    prepare: async () => of(await newTask(left)),
    events: 2,
  },
  {
    what: 'a cancellation of a running task',
    name: 'cancel_story_task',
    outcome: 'cancelling',
    prepare: async () => of(await runningTask(left)),
    events: 3,
  },
  {
    what: 'an update',
    name: 'update_story_task',
    outcome: 'updated',
    prepare: async () => of(await newTask(left, { dispatch: 'direct' }), { patch: { status: 'running', progress: 5 } }),
    events: 2,
  },
  {
    what: 'an update after a cancellation',
    name: 'update_story_task',
    outcome: 'illegal_transition',
    prepare: async () => {
      const taskId = await runningTask(left, { dispatch: 'direct' });
      await cancel(left, taskId);
      return of(taskId, { patch: { status: 'succeeded' } });
    },
    events: 4,
  },
  {
    what: 'a failed enqueue',
    name: 'fail_story_task_enqueue',
    outcome: 'failed',
    prepare: async () => of(await newTask(left), { message: 'no queue' }),
    events: 2,
  },
  {
    what: 'a start of a held task',
    name: 'start_story_task',
    outcome: 'started',
    prepare: async () => of(await newTask(left, { held: true })),
    events: 2,
  },
  {
    what: 'a retry',
    name: 'retry_story_task',
    outcome: 'created',
    prepare: async () => {
      const [id, ended] = [randomUUID(), await newTask(left, { storyId: await newStory(left) })];
      await cancel(left, ended);
      return { taskId: id, request: { taskId: ended, id, eventId: randomUUID() } };
    },
    events: 1,
  },
  { what: 'a scenelet', name: 'save_story_work', outcome: 'saved', prepare: scenelet, events: 2 },
];

/** One row for each task, the same for all when each call was done once. */
const countsOf = `
  select last_seq::int, attempt, attempts_spent, status,
         (select count(*)::int from public.story_task_events e where e.task_id = t.id) as told,
         (select max(seq)::int from public.story_task_events e where e.task_id = t.id) as highest
  from public.story_tasks t where id = any ($1::uuid[])`;

/** All that a call can change, without the times. */
async function stateOf(taskId: string) {
  const { attempt, attempts_spent, status, progress, last_seq, input_tokens } = await taskRow(left, taskId);
  const events = (await eventRows(left, taskId)).map(({ id, seq, status, message }) => ({ id, seq, status, message }));
  const scenelets = one((await left.query('select count(*)::int from public.scenelets')).rows);
  const tasks = one((await left.query('select count(*)::int from public.story_tasks')).rows);
  return { attempt, attempts_spent, status, progress, last_seq, input_tokens, events, scenelets, tasks };
}

describe.each(cases)('$what', ({ name, outcome, prepare, events }) => {
  test('asked again answers as the first time and changes nothing', async () => {
    const { taskId, request } = await prepare();
    const first = await call(left, name, request);
    const state = await stateOf(taskId);
    const again = await call(right, name, request);
    expect([first.outcome, again.outcome, again.answers, again.value]).toEqual([
      outcome,
      outcome,
      first.answers,
      first.value,
    ]);
    expect(await stateOf(taskId)).toEqual(state);
    expect(state.events).toHaveLength(events);
  });

  test('asked twice at once does it once', async () => {
    const taskIds: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const { taskId, request } = await prepare();
      taskIds.push(taskId);
      const answers = await Promise.all([call(left, name, request), call(right, name, request)]);
      expect(answers.map((answer) => answer.outcome)).toEqual([outcome, outcome]);
    }
    const { rows } = await left.query(countsOf, [taskIds]);
    expect(rows).toHaveLength(rounds);
    const first = await faultOf(left, taskIds[0] ?? '');
    expect([first, new Set(rows.map((row) => JSON.stringify(row))).size]).toEqual([null, 1]);
    expect(rows[0]).toMatchObject({ last_seq: events, told: events, highest: events });
  });
});
