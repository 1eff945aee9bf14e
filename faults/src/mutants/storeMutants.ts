/** Rules that Postgres is to hold, each broken. */
import type { Edit, Mutant } from './mutant.ts';

const worker = 'supabase/migrations/20261102000000_story_task_worker.sql';
/** The latest `cancel_story_task`: an edit of one that a later migration makes anew would change nothing. */
const cancellation = 'supabase/migrations/20261106000000_story_task_cancelled_by.sql';
const reconciler = 'supabase/migrations/20261104000000_story_task_reconciler.sql';

const staleByAttempt = `  if task.attempt is distinct from (r ->> 'attempt')::int or task.status <> 'running' then
    return jsonb_build_object('outcome', 'stale', 'task', to_jsonb(task));
  end if;
`;
const unguarded: Edit = {
  file: worker,
  from: 'if story_tasks_internal.is_terminal(old.status) and new.status is distinct from old.status then',
  to: 'if false then',
};
const terminalInCancel = `  elsif story_tasks_internal.is_terminal(task.status) then
    return jsonb_build_object('task', to_jsonb(task),
      'outcome', case when task.status = 'cancelled' then 'cancelled' else 'terminal' end,
      'byThisCall', exists (
        select 1 from public.story_task_events
        where id = (r ->> 'eventId')::uuid and task_id = task.id and status = 'cancelled'));
  elsif task.task_cancelled then`;

export const storeMutants: readonly Mutant[] = [
  {
    name: 'a batch is taken from any attempt',
    faults: '2',
    edits: [
      {
        file: worker,
        from: `elsif fenced and (task.attempt <> (entry ->> 'attempt')::int or task.status <> 'running'
                    or task.lease_expires_at <= clock_timestamp()) then`,
        to: 'elsif false then',
      },
    ],
  },
  {
    name: 'a step is saved for any attempt',
    faults: '2',
    edits: [
      {
        file: worker,
        from: "where id = (r ->> 'taskId')::uuid and attempt = (r ->> 'attempt')::int and status = 'running' for share;",
        to: "where id = (r ->> 'taskId')::uuid for share;",
      },
    ],
  },
  {
    name: 'any attempt may end the task',
    faults: '2',
    edits: [{ file: worker, from: `${staleByAttempt}  new_status :=`, to: '  new_status :=' }],
  },
  {
    name: 'any attempt may release the task',
    faults: '2',
    edits: [
      {
        file: worker,
        from: `${staleByAttempt}  perform story_tasks_internal.begin_function();
  task := story_tasks_internal.record_run(task, r - 'leaseMs');`,
        to: `  perform story_tasks_internal.begin_function();
  task := story_tasks_internal.record_run(task, r - 'leaseMs');`,
      },
    ],
  },
  {
    name: 'a terminal status may change',
    faults: '18',
    sweep: 2,
    edits: [
      unguarded,
      {
        file: cancellation,
        from: terminalInCancel,
        to: `  elsif story_tasks_internal.is_terminal(task.status) then
    perform story_tasks_internal.begin_function();
    update public.story_tasks set status = 'cancelled', task_cancelled = true where id = task.id returning * into task;
    return jsonb_build_object('task', to_jsonb(task), 'outcome', 'cancelled');
  elsif task.task_cancelled then`,
      },
    ],
  },
  {
    name: 'a task may end twice',
    faults: '18',
    sweep: 2,
    edits: [
      unguarded,
      { file: cancellation, from: terminalInCancel, to: '  elsif task.task_cancelled then' },
      {
        file: worker,
        from: 'create unique index story_task_events_terminal_idx',
        to: 'create index story_task_events_terminal_idx',
      },
      {
        file: cancellation,
        from: "  if task.status = 'queued' then\n    task := story_tasks_internal.change_status(task, 'cancelled'",
        to: "  if task.status <> 'running' then\n    task := story_tasks_internal.change_status(task, 'cancelled'",
      },
    ],
  },
  {
    name: 'a completion wins over a cancellation before it',
    faults: '18',
    sweep: 8,
    edits: [
      {
        file: worker,
        from: "if old.task_cancelled and new.status in ('succeeded', 'failed') and new.status <> old.status then",
        to: 'if false then',
      },
      {
        file: worker,
        from: "new_status := case when task.task_cancelled then 'cancelled' else new_status end;",
        to: '',
      },
    ],
  },
  {
    name: 'batches do not tell of a cancellation',
    faults: '12',
    edits: [
      {
        file: worker,
        from: "return case when fenced and task.task_cancelled then 'cancel' else 'ok' end;",
        to: "return 'ok';",
      },
    ],
  },
  {
    name: 'a running task may be claimed',
    faults: '12',
    sweep: 1,
    edits: [{ file: worker, from: "    when task.status = 'running' then 'running'\n", to: '' }],
  },
  {
    name: 'a claim asked for again is refused',
    faults: '7',
    edits: [
      {
        file: worker,
        from: "if task.claim_token = (r ->> 'claimToken')::uuid and task.status = 'running' then",
        to: 'if false then',
      },
    ],
  },
  {
    name: 'a repeated batch counts its tokens again',
    faults: '7',
    edits: [
      {
        file: worker,
        from: "input_tokens = greatest(task.input_tokens, (told ->> 'inputTokens')::bigint),",
        to: "input_tokens = task.input_tokens + coalesce((told ->> 'inputTokens')::bigint, 0),",
      },
    ],
  },
  {
    name: 'a release costs an attempt',
    faults: '4',
    edits: [
      {
        file: worker,
        from: 'update public.story_tasks set available_at = clock_timestamp() where id = task.id returning * into task;',
        to: 'update public.story_tasks set available_at = clock_timestamp(), attempts_spent = task.attempts_spent + 1 where id = task.id returning * into task;',
      },
    ],
  },
  {
    name: 'numbers of events have gaps',
    faults: '22',
    edits: [{ file: worker, from: 'task.last_seq + row_number() over', to: 'task.last_seq + 1 + row_number() over' }],
  },
  {
    name: 'no lease ever runs out',
    faults: '1',
    sweep: 2,
    edits: [
      {
        file: reconciler,
        from: "where status = 'running' and lease_expires_at <= expired_by",
        to: 'where false and lease_expires_at <= expired_by',
      },
    ],
  },
  {
    name: 'tasks are taken from workers that live',
    faults: '12',
    sweep: 2,
    edits: [
      {
        file: reconciler,
        from: "where status = 'running' and lease_expires_at <= expired_by",
        to: "where status = 'running'",
      },
    ],
  },
];
