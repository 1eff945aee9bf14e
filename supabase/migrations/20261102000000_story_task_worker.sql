-- What workers need on top of the record: claims, leases, fencing, cancellation, gapless events. The rules R1 to R8
-- that the comments name are listed in docs/architecture.md. Every function takes one jsonb object and answers one
-- jsonb object with a typed `outcome`; an expected case is never an exception.
-- Time is clock_timestamp(), never now(): a transaction that waited for a row lock must not judge by when it began.

-- Columns ----------------------------------------------------------------------------------------------------------

alter table public.story_tasks
  add column task_cancelled boolean not null default false,
  add column cancel_requested_at timestamptz,
  add column cancel_reason text,
  add column dispatch text not null default 'direct'
    constraint story_tasks_dispatch_check check (dispatch in ('direct', 'queue')),
  add column held boolean not null default false,
  add column attempt int not null default 0,
  add column attempts_spent int not null default 0,
  add column max_attempts int not null default 1 check (max_attempts >= 1),
  add column losses_since_progress int not null default 0,
  add column persisted_progress int not null default 0 check (persisted_progress between 0 and 100),
  add column retry_of uuid references public.story_tasks (id) on delete set null,
  add column available_at timestamptz not null default now(),
  add column worker_id text,
  add column claim_token uuid,
  add column lease_expires_at timestamptz,
  add column requester text not null default 'anonymous',
  add column idempotency_key text,
  add column request_hash text,
  add column error_code text,
  add column error_message text,
  add column result jsonb,
  add column started_at timestamptz,
  add column finished_at timestamptz,
  add column input_tokens bigint not null default 0,
  add column output_tokens bigint not null default 0,
  add column last_seq bigint not null default 0,
  add constraint story_tasks_requester_idempotency_key unique (requester, idempotency_key);

comment on column public.story_tasks.attempt is 'The fence (R2): +1 on every claim, never lowered or used again.';
comment on column public.story_tasks.attempts_spent is 'The retry budget: +1 when a run fails retryably; a release is free.';
comment on column public.story_tasks.persisted_progress is 'Progress of the last persisted step: where a claim starts (R3).';
comment on column public.story_tasks.claim_token is 'Made by the claimer, so that a claim whose answer got lost can be asked for again (R7).';

update public.story_tasks set finished_at = updated_at where status in ('succeeded', 'failed', 'cancelled');
update public.story_tasks set started_at = created_at where status in ('running', 'succeeded');
alter table public.story_tasks
  add constraint story_tasks_finished_at_check
    check ((status in ('succeeded', 'failed', 'cancelled')) = (finished_at is not null));

-- A person may leave; what they asked for stays on record.
alter table public.story_tasks drop constraint story_tasks_requested_by_fkey;
alter table public.story_tasks
  add constraint story_tasks_requested_by_fkey foreign key (requested_by) references auth.users (id) on delete set null;

-- Without the lease: a heartbeat changes no indexed column then, and stays within its page (HOT). Few rows run at once.
create index story_tasks_running_idx on public.story_tasks (operation) where status = 'running';
create index story_tasks_queued_idx on public.story_tasks (id) where status = 'queued' and dispatch = 'queue';
create index story_tasks_requested_by_idx on public.story_tasks (requested_by) where requested_by is not null;
create index story_tasks_retry_of_idx on public.story_tasks (retry_of) where retry_of is not null;

alter table public.story_task_events add column seq bigint, add column status text;
update public.story_task_events event
  set seq = numbered.seq
  from (
    select id, row_number() over (partition by task_id order by created_at, id) as seq from public.story_task_events
  ) numbered
  where numbered.id = event.id;
update public.story_tasks task
  set last_seq = counted.last_seq
  from (select task_id, max(seq) as last_seq from public.story_task_events group by task_id) counted
  where counted.task_id = task.id;
alter table public.story_task_events
  alter column seq set not null,
  add constraint story_task_events_task_id_seq_key unique (task_id, seq),
  add constraint story_task_events_status_check
    check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled'));
-- R1: one terminal event per task.
create unique index story_task_events_terminal_idx on public.story_task_events (task_id)
  where status in ('succeeded', 'failed', 'cancelled');

-- What ended before has its terminal event too: whoever follows events waits for it.
insert into public.story_task_events (task_id, seq, event_type, message, status, progress_override, created_at)
  select id, last_seq + 1, case when status = 'failed' then 'error' else 'info' end, 'Status changed to ' || status,
         status, progress, finished_at
  from public.story_tasks where status in ('succeeded', 'failed', 'cancelled');
update public.story_tasks set last_seq = last_seq + 1 where status in ('succeeded', 'failed', 'cancelled');

create table public.story_task_lanes (operation text primary key);
comment on table public.story_task_lanes is
  'One row per operation with a global limit. Its row lock makes counting the running and claiming one more one step (R8).';

create table public.story_task_throughput (
  minute timestamptz not null,
  operation text not null,
  event text not null,
  count bigint not null default 0,
  incomplete boolean not null default false,
  primary key (minute, operation, event)
);
create table public.story_task_throughput_positions (
  lane text primary key,
  stream_id text not null,
  updated_at timestamptz not null default now()
);

-- Triggers: they hold the rules for every caller, and serve the plain statements of the first migration --------------

create schema story_tasks_internal;
revoke all on schema story_tasks_internal from public;
grant usage on schema story_tasks_internal to service_role;

-- The functions below write their own events and sequence numbers; a plain statement has the triggers do it.
create function story_tasks_internal.begin_function() returns void
  language sql set search_path = '' as
$$ select pg_catalog.set_config('story_tasks.by_function', 'on', true) $$;

create function story_tasks_internal.end_function() returns void
  language sql set search_path = '' as
$$ select pg_catalog.set_config('story_tasks.by_function', 'off', true) $$;

create function story_tasks_internal.by_function() returns boolean
  language sql stable set search_path = '' as
$$ select coalesce(pg_catalog.current_setting('story_tasks.by_function', true), '') = 'on' $$;

create function story_tasks_internal.is_terminal(status text) returns boolean
  language sql immutable set search_path = '' as
$$ select status in ('succeeded', 'failed', 'cancelled') $$;

create function story_tasks_internal.guard_task() returns trigger
  language plpgsql set search_path = '' as
$$
begin
  if story_tasks_internal.is_terminal(old.status) and new.status is distinct from old.status then
    raise exception 'story task % is %, which is final', old.id, old.status
      using errcode = 'P0001', hint = 'A terminal status never changes; create a new task instead.';
  end if;
  -- R4 for plain statements; the functions choose the status themselves, to tell their caller.
  if old.task_cancelled and new.status in ('succeeded', 'failed') and new.status <> old.status then
    new.status := 'cancelled';
  end if;
  if new.attempt < old.attempt then
    raise exception 'the attempt of story task % may not go back', old.id using errcode = 'P0001';
  end if;
  if new.attempt = old.attempt then
    new.progress := greatest(new.progress, old.progress);
  end if;
  if new.status is distinct from old.status then
    if new.status = 'running' then
      new.started_at := coalesce(new.started_at, clock_timestamp());
    elsif story_tasks_internal.is_terminal(new.status) then
      new.finished_at := clock_timestamp();
      new.lease_expires_at := null;
      new.progress := case when new.status = 'succeeded' then 100 else new.progress end;
    end if;
  end if;
  new.updated_at := clock_timestamp();
  return new;
end
$$;
create trigger story_tasks_guard before update on public.story_tasks
  for each row execute function story_tasks_internal.guard_task();

create function story_tasks_internal.guard_new_task() returns trigger
  language plpgsql set search_path = '' as
$$
begin
  if new.status = 'running' then
    new.started_at := coalesce(new.started_at, clock_timestamp());
  elsif story_tasks_internal.is_terminal(new.status) then
    new.finished_at := coalesce(new.finished_at, clock_timestamp());
  end if;
  return new;
end
$$;
create trigger story_tasks_guard_new before insert on public.story_tasks
  for each row execute function story_tasks_internal.guard_new_task();

create function story_tasks_internal.record_plain_status() returns trigger
  language plpgsql set search_path = '' as
$$
begin
  insert into public.story_task_events (task_id, event_type, message, status, progress_override)
  values (
    new.id,
    case when new.status = 'failed' then 'error' else 'info' end,
    'Status changed to ' || new.status,
    new.status,
    new.progress
  );
  return null;
end
$$;
create trigger story_tasks_record_plain_status after update of status on public.story_tasks
  for each row
  when (new.status is distinct from old.status and not story_tasks_internal.by_function())
  execute function story_tasks_internal.record_plain_status();

create trigger story_tasks_record_plain_insert after insert on public.story_tasks
  for each row when (new.status <> 'queued' and not story_tasks_internal.by_function())
  execute function story_tasks_internal.record_plain_status();

create function story_tasks_internal.number_plain_event() returns trigger
  language plpgsql set search_path = '' as
$$
begin
  -- The update takes the row lock, so two plain inserts cannot take one number; a task that is not there is left to
  -- the foreign key to refuse.
  update public.story_tasks
    set last_seq = last_seq + 1,
        progress = case when status = 'running' then coalesce(new.progress_override, progress) else progress end
    where id = new.task_id
    returning last_seq into new.seq;
  new.seq := coalesce(new.seq, 1);
  -- Only a change of status sets an event's status, and that comes here from the trigger above.
  new.status := case when pg_trigger_depth() > 1 then new.status end;
  return new;
end
$$;
create trigger story_task_events_number_plain before insert on public.story_task_events
  for each row when (not story_tasks_internal.by_function())
  execute function story_tasks_internal.number_plain_event();

create function story_tasks_internal.touch_story() returns trigger
  language plpgsql set search_path = '' as
$$
begin
  new.updated_at := clock_timestamp();
  return new;
end
$$;
create trigger stories_touch before update on public.stories
  for each row execute function story_tasks_internal.touch_story();

-- Shared pieces ----------------------------------------------------------------------------------------------------

-- Some gateways hand a jsonb argument over as a JSON string that holds the object.
create function story_tasks_internal.arguments(request jsonb) returns jsonb
  language sql immutable set search_path = '' as
$$ select case when jsonb_typeof(request) = 'string' then (request #>> '{}')::jsonb else request end $$;

create function story_tasks_internal.milliseconds(figure bigint) returns interval
  language sql immutable set search_path = '' as
$$ select figure * interval '1 millisecond' $$;

-- Writes events of a task whose row the caller holds locked: those whose id is there already are passed over (R7),
-- the rest get the next numbers. Answers the new last_seq. The status is the caller's to give and never the event's:
-- only a change of status sets it.
create function story_tasks_internal.append(task public.story_tasks, events jsonb, told_status text default null)
  returns bigint
  language plpgsql set search_path = '' as
$$
declare
  last_seq bigint;
begin
  insert into public.story_task_events
    (id, task_id, seq, event_type, message, payload, progress_override, status, created_at)
  select fresh.id, task.id, task.last_seq + row_number() over (order by fresh.position), fresh.event_type,
         fresh.message, fresh.payload, fresh.progress_override, told_status, clock_timestamp()
  from (
    select distinct on ((given.event ->> 'id')::uuid) (given.event ->> 'id')::uuid as id, given.position,
           given.event ->> 'eventType' as event_type, given.event ->> 'message' as message,
           nullif(given.event -> 'payload', 'null'::jsonb) as payload,
           (given.event ->> 'progressOverride')::int as progress_override
    from jsonb_array_elements(coalesce(events, '[]'::jsonb)) with ordinality as given (event, position)
    where not exists (
      select 1 from public.story_task_events known
      where known.id = (given.event ->> 'id')::uuid and known.task_id = task.id
    )
    order by (given.event ->> 'id')::uuid, given.position
  ) fresh;
  select coalesce(max(seq), task.last_seq) into last_seq
    from public.story_task_events where task_id = task.id and seq > task.last_seq;
  return last_seq;
end
$$;

-- The highest progress that the events tell; with persisted_only, of those whose step is persisted.
create function story_tasks_internal.told_progress(events jsonb, persisted_only boolean) returns int
  language sql immutable set search_path = '' as
$$
  select max((event ->> 'progressOverride')::int)
  from jsonb_array_elements(coalesce(events, '[]'::jsonb)) as given (event)
  where not persisted_only or (event ->> 'persisted')::boolean
$$;

create function story_tasks_internal.tells_persisted(events jsonb) returns boolean
  language sql immutable set search_path = '' as
$$
  select exists (
    select 1 from jsonb_array_elements(coalesce(events, '[]'::jsonb)) as given (event)
    where (event ->> 'persisted')::boolean
  )
$$;

create function story_tasks_internal.status_event(
  id uuid, event_type text, message text, payload jsonb, progress int
) returns jsonb
  language sql immutable set search_path = '' as
$$
  select jsonb_build_array(jsonb_build_object('id', id, 'eventType', event_type, 'message', message,
                                              'payload', payload, 'progressOverride', progress))
$$;

-- Changes the status of a task whose row the caller holds locked, and writes the one event that tells of it.
create function story_tasks_internal.change_status(
  task public.story_tasks, new_status text, event_id uuid, event_type text, message text, event_payload jsonb
) returns public.story_tasks
  language plpgsql set search_path = '' as
$$
declare
  told_progress int := case when new_status = 'succeeded' then 100 else task.progress end;
  changed public.story_tasks;
begin
  update public.story_tasks set
      status = new_status,
      worker_id = case when new_status = 'queued' then null else task.worker_id end,
      lease_expires_at = case when new_status = 'running' then task.lease_expires_at end,
      last_seq = story_tasks_internal.append(task,
        story_tasks_internal.status_event(event_id, event_type, message, event_payload, told_progress), new_status)
    where id = task.id returning * into changed;
  return changed;
end
$$;

-- Records what a run tells (events, progress, tokens, a longer lease) on a row that the caller holds locked.
create function story_tasks_internal.record_run(task public.story_tasks, told jsonb) returns public.story_tasks
  language plpgsql set search_path = '' as
$$
declare
  recorded public.story_tasks;
  persisted int := story_tasks_internal.told_progress(told -> 'events', true);
begin
  update public.story_tasks set
      last_seq = story_tasks_internal.append(task, told -> 'events'),
      progress = greatest(task.progress, case when task.status = 'running'
        then story_tasks_internal.told_progress(told -> 'events', false) end),
      persisted_progress = greatest(task.persisted_progress, persisted),
      losses_since_progress = case when story_tasks_internal.tells_persisted(told -> 'events')
        then 0 else task.losses_since_progress end,
      -- Totals, not differences: a repeated batch must not count its tokens twice.
      input_tokens = greatest(task.input_tokens, (told ->> 'inputTokens')::bigint),
      output_tokens = greatest(task.output_tokens, (told ->> 'outputTokens')::bigint),
      lease_expires_at = coalesce(
        clock_timestamp() + story_tasks_internal.milliseconds((told ->> 'leaseMs')::bigint), task.lease_expires_at)
    where id = task.id returning * into recorded;
  return recorded;
end
$$;

-- Creating -----------------------------------------------------------------------------------------------------------

-- request: {id, eventId, operation, storyId?, payload, dispatch, held?, maxAttempts?, requestedBy?, requester?,
--           description?, idempotencyKey?, requestHash?, retryOf?}
-- outcome: created {task} | repeat {task} | conflict {task} | story_not_found | requester_not_found | retry_of_not_found
create function public.create_story_task(request jsonb) returns jsonb
  language plpgsql security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  created public.story_tasks;
  existing public.story_tasks;
  violated text;
begin
  perform story_tasks_internal.begin_function();
  insert into public.story_tasks (
      id, story_id, operation, payload, requested_by, display_fields, dispatch, held, max_attempts, requester,
      idempotency_key, request_hash, retry_of, available_at)
  values (
      (r ->> 'id')::uuid, (r ->> 'storyId')::uuid, r ->> 'operation', coalesce(r -> 'payload', '{}'::jsonb),
      (r ->> 'requestedBy')::uuid,
      jsonb_build_object(
        'title', coalesce((select display_name from public.stories where id = (r ->> 'storyId')::uuid), ''),
        'description', coalesce(r ->> 'description', r ->> 'operation')),
      coalesce(r ->> 'dispatch', 'direct'), coalesce((r ->> 'held')::boolean, false),
      coalesce((r ->> 'maxAttempts')::int, 1), coalesce(r ->> 'requester', 'anonymous'),
      r ->> 'idempotencyKey', r ->> 'requestHash', (r ->> 'retryOf')::uuid, clock_timestamp())
  on conflict do nothing
  returning * into created;
  if created.id is not null then
    update public.story_tasks set
        last_seq = story_tasks_internal.append(created, story_tasks_internal.status_event(
          (r ->> 'eventId')::uuid, 'info',
          case when created.held then 'Created and held' else 'Queued' end, null, 0), 'queued')
      where id = created.id returning * into created;
    perform story_tasks_internal.end_function();
    return jsonb_build_object('outcome', 'created', 'task', to_jsonb(created));
  end if;
  perform story_tasks_internal.end_function();
  select * into existing from public.story_tasks where id = (r ->> 'id')::uuid;
  if existing.id is not null then
    return jsonb_build_object('outcome', 'created', 'task', to_jsonb(existing));
  end if;
  select * into existing from public.story_tasks
    where requester = coalesce(r ->> 'requester', 'anonymous') and idempotency_key = r ->> 'idempotencyKey';
  if existing.id is null then
    -- Whoever had the key gave it up between the insert and this look (ENQUEUE_FAILED): it is free now.
    return public.create_story_task(r);
  end if;
  return jsonb_build_object('task', to_jsonb(existing), 'outcome', case
    when existing.request_hash is not distinct from r ->> 'requestHash' then 'repeat' else 'conflict' end);
exception when foreign_key_violation then
  get stacked diagnostics violated = constraint_name;
  perform story_tasks_internal.end_function();
  return jsonb_build_object('outcome', case violated
    when 'story_tasks_story_id_fkey' then 'story_not_found'
    when 'story_tasks_requested_by_fkey' then 'requester_not_found'
    else 'retry_of_not_found' end);
end
$$;

-- request: {taskId, eventId, message}
-- Fails a task whose job could not be added, unless somebody has it already; its idempotency key is free again.
-- outcome: failed {task} | refused {task} | not_found
create function public.fail_story_task_enqueue(request jsonb) returns jsonb
  language plpgsql security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  task public.story_tasks;
begin
  select * into task from public.story_tasks where id = (r ->> 'taskId')::uuid for update;
  if task.id is null then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  if task.status <> 'queued' or task.attempt > 0 then
    return jsonb_build_object('outcome', case when task.error_code = 'ENQUEUE_FAILED' then 'failed' else 'refused' end,
                              'task', to_jsonb(task));
  end if;
  perform story_tasks_internal.begin_function();
  update public.story_tasks
    set error_code = 'ENQUEUE_FAILED', error_message = r ->> 'message', idempotency_key = null
    where id = task.id returning * into task;
  task := story_tasks_internal.change_status(task, 'failed', (r ->> 'eventId')::uuid, 'error', r ->> 'message',
    jsonb_build_object('code', 'ENQUEUE_FAILED'));
  perform story_tasks_internal.end_function();
  return jsonb_build_object('outcome', 'failed', 'task', to_jsonb(task));
end
$$;

-- Running ------------------------------------------------------------------------------------------------------------

-- The runs of an operation that hold a live lease, or may hold one in a moment: a batch that is under way extends the
-- lease of a row that looks expired until it commits, so such a row counts while somebody else has it locked. The
-- expired ones that nobody has are locked here, and a batch that comes later finds its lease gone.
create function story_tasks_internal.count_running(lane text) returns bigint
  language plpgsql set search_path = '' as
$$
declare
  leased bigint;
  expired bigint;
begin
  select count(*) into leased from public.story_tasks
    where operation = lane and status = 'running' and lease_expires_at is not null;
  select count(*) into expired from (
    select 1 from public.story_tasks
    where operation = lane and status = 'running' and lease_expires_at <= clock_timestamp()
    for no key update skip locked
  ) free;
  return leased - expired;
end
$$;

-- request: {taskId, claimToken, eventId, workerId, leaseMs, globalLimit?, resumable?}
-- outcome: claimed {task} | refused {reason, task?, retryAfterMs?}; reasons: not_found, cancelled, terminal, running,
--          stale_claim, held, not_yet, limit
create function public.claim_story_task(request jsonb) returns jsonb
  language plpgsql security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  task public.story_tasks;
  reason text;
  running bigint;
begin
  if r ->> 'globalLimit' is not null then
    select * into task from public.story_tasks where id = (r ->> 'taskId')::uuid;
    insert into public.story_task_lanes select task.operation where task.id is not null on conflict do nothing;
    perform 1 from public.story_task_lanes where operation = task.operation for update;
  end if;
  select * into task from public.story_tasks where id = (r ->> 'taskId')::uuid for update;
  if task.id is null then
    return jsonb_build_object('outcome', 'refused', 'reason', 'not_found');
  end if;
  if task.claim_token = (r ->> 'claimToken')::uuid and task.status = 'running' then
    return jsonb_build_object('outcome', 'claimed', 'task', to_jsonb(task));
  end if;
  reason := case
    when story_tasks_internal.is_terminal(task.status) then 'terminal'
    when task.task_cancelled then 'cancelled'
    when task.status = 'running' then 'running'
    when task.claim_token = (r ->> 'claimToken')::uuid then 'stale_claim'
    when task.held then 'held'
    when task.available_at > clock_timestamp() then 'not_yet'
  end;
  if reason is null and r ->> 'globalLimit' is not null then
    running := story_tasks_internal.count_running(task.operation);
    reason := case when running >= (r ->> 'globalLimit')::bigint then 'limit' end;
  end if;
  if reason is not null then
    return jsonb_build_object('outcome', 'refused', 'reason', reason, 'task', to_jsonb(task), 'retryAfterMs',
      greatest(0, ceil(extract(epoch from task.available_at - clock_timestamp()) * 1000)));
  end if;

  perform story_tasks_internal.begin_function();
  update public.story_tasks set
      attempt = task.attempt + 1,
      claim_token = (r ->> 'claimToken')::uuid,
      worker_id = r ->> 'workerId',
      lease_expires_at = clock_timestamp() + story_tasks_internal.milliseconds((r ->> 'leaseMs')::bigint),
      progress = case when coalesce((r ->> 'resumable')::boolean, true) then task.persisted_progress else 0 end,
      error_code = null,
      error_message = null
    where id = task.id returning * into task;
  task := story_tasks_internal.change_status(task, 'running', (r ->> 'eventId')::uuid, 'info',
    'Attempt ' || task.attempt || ' started', jsonb_build_object('attempt', task.attempt, 'workerId', task.worker_id));
  perform story_tasks_internal.end_function();
  return jsonb_build_object('outcome', 'claimed', 'task', to_jsonb(task));
end
$$;

-- One task's part of a batch (R6). The row lock is taken here; the caller keeps the order of ids.
-- A run whose lease ran out is stale even when nobody took over yet: its place may have been given away (R8).
create function story_tasks_internal.append_entry(entry jsonb) returns text
  language plpgsql set search_path = '' as
$$
declare
  task public.story_tasks;
  fenced boolean := entry ->> 'attempt' is not null;
begin
  select * into task from public.story_tasks where id = (entry ->> 'taskId')::uuid for update;
  if task.id is null then
    return 'not_found';
  elsif not fenced and task.dispatch <> 'direct' then
    return 'attempt_required';
  elsif fenced and (task.attempt <> (entry ->> 'attempt')::int or task.status <> 'running'
                    or task.lease_expires_at <= clock_timestamp()) then
    return 'stale';
  end if;
  perform story_tasks_internal.record_run(task, case when fenced then entry else entry - 'leaseMs' end);
  return case when fenced and task.task_cancelled then 'cancel' else 'ok' end;
end
$$;

-- request: {entries: [{taskId, attempt?, leaseMs?, inputTokens?, outputTokens?, events: [...]}]}
-- Entries without an attempt are legal on direct tasks alone.
-- outcome: done {answers: {<taskId>: ok | cancel | stale | not_found | attempt_required}}
create function public.append_story_task_events(request jsonb) returns jsonb
  language plpgsql security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  entry jsonb;
  answers jsonb := '{}';
begin
  perform story_tasks_internal.begin_function();
  for entry in
    select given.entry from jsonb_array_elements(r -> 'entries') with ordinality as given (entry, position)
    order by (given.entry ->> 'taskId')::uuid, given.position
  loop
    answers := answers || jsonb_build_object(entry ->> 'taskId', story_tasks_internal.append_entry(entry));
  end loop;
  perform story_tasks_internal.end_function();
  return jsonb_build_object('outcome', 'done', 'answers', answers);
end
$$;

-- request: {taskId, attempt, eventId, status: succeeded | failed | cancelled, message, payload?, events?, result?,
--           errorCode?, errorMessage?, retryAfterMs?, inputTokens?, outputTokens?}
-- Ends a run. A cancellation that was committed first wins over succeeded and failed (R4). With retryAfterMs a failed
-- run goes back to queued while the budget lasts. A lease that ran out does not matter here as long as nobody took
-- over: an end only gives the place back.
-- outcome: finished {task} | cancelled {task} | retrying {task} | stale {task} | not_found
create function public.finish_story_task(request jsonb) returns jsonb
  language plpgsql security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  task public.story_tasks;
  new_status text := r ->> 'status';
  known public.story_task_events;
  retrying boolean;
begin
  select * into task from public.story_tasks where id = (r ->> 'taskId')::uuid for update;
  if task.id is null then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  select * into known from public.story_task_events where id = (r ->> 'eventId')::uuid and task_id = task.id;
  if known.id is not null then
    return jsonb_build_object('task', to_jsonb(task), 'outcome', case
      when known.status = 'queued' then 'retrying'
      when known.status = r ->> 'status' then 'finished'
      else 'cancelled' end);
  end if;
  if task.attempt is distinct from (r ->> 'attempt')::int or task.status <> 'running' then
    return jsonb_build_object('outcome', 'stale', 'task', to_jsonb(task));
  end if;
  new_status := case when task.task_cancelled then 'cancelled' else new_status end;
  retrying := new_status = 'failed' and r ->> 'retryAfterMs' is not null and task.attempts_spent + 1 < task.max_attempts;

  perform story_tasks_internal.begin_function();
  task := story_tasks_internal.record_run(task, r);
  update public.story_tasks set
      attempts_spent = task.attempts_spent + (case when new_status = 'failed' then 1 else 0 end),
      available_at = case when retrying
        then clock_timestamp() + story_tasks_internal.milliseconds((r ->> 'retryAfterMs')::bigint)
        else task.available_at end,
      result = case when new_status = 'succeeded' then r -> 'result' end,
      error_code = case when new_status = 'failed' then r ->> 'errorCode' end,
      error_message = case when new_status = 'failed' then r ->> 'errorMessage' end
    where id = task.id returning * into task;
  task := story_tasks_internal.change_status(task,
    case when retrying then 'queued' else new_status end,
    (r ->> 'eventId')::uuid,
    case when new_status = 'failed' then 'error' else 'info' end,
    case when new_status = r ->> 'status' then r ->> 'message' else 'Cancelled' end,
    case when new_status = r ->> 'status' then r -> 'payload' end);
  perform story_tasks_internal.end_function();
  return jsonb_build_object('task', to_jsonb(task), 'outcome', case
    when retrying then 'retrying'
    when new_status = r ->> 'status' then 'finished'
    else 'cancelled' end);
end
$$;

-- request: {taskId, attempt, eventId, message, events?, inputTokens?, outputTokens?}
-- Gives a run back without spending an attempt; a task that was cancelled meanwhile ends instead.
-- outcome: released {task} | cancelled {task} | stale {task} | not_found
create function public.release_story_task(request jsonb) returns jsonb
  language plpgsql security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  task public.story_tasks;
  known public.story_task_events;
begin
  select * into task from public.story_tasks where id = (r ->> 'taskId')::uuid for update;
  if task.id is null then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  select * into known from public.story_task_events where id = (r ->> 'eventId')::uuid and task_id = task.id;
  if known.id is not null then
    return jsonb_build_object('task', to_jsonb(task),
      'outcome', case when known.status = 'queued' then 'released' else 'cancelled' end);
  end if;
  if task.attempt is distinct from (r ->> 'attempt')::int or task.status <> 'running' then
    return jsonb_build_object('outcome', 'stale', 'task', to_jsonb(task));
  end if;
  perform story_tasks_internal.begin_function();
  task := story_tasks_internal.record_run(task, r - 'leaseMs');
  update public.story_tasks set available_at = clock_timestamp() where id = task.id returning * into task;
  task := story_tasks_internal.change_status(task,
    case when task.task_cancelled then 'cancelled' else 'queued' end, (r ->> 'eventId')::uuid, 'info',
    case when task.task_cancelled then 'Cancelled' else r ->> 'message' end, null);
  perform story_tasks_internal.end_function();
  return jsonb_build_object('task', to_jsonb(task),
    'outcome', case when task.status = 'queued' then 'released' else 'cancelled' end);
end
$$;

-- Cancelling ---------------------------------------------------------------------------------------------------------

-- request: {taskId, eventId, reason?}
-- Ends a queued or held task at once; asks a running one to stop.
-- outcome: cancelled {task} | cancelling {task}, now or already; terminal {task} | not_found
create function public.cancel_story_task(request jsonb) returns jsonb
  language plpgsql security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  task public.story_tasks;
begin
  select * into task from public.story_tasks where id = (r ->> 'taskId')::uuid for update;
  if task.id is null then
    return jsonb_build_object('outcome', 'not_found');
  elsif story_tasks_internal.is_terminal(task.status) then
    return jsonb_build_object('task', to_jsonb(task),
      'outcome', case when task.status = 'cancelled' then 'cancelled' else 'terminal' end);
  elsif task.task_cancelled then
    return jsonb_build_object('outcome', 'cancelling', 'task', to_jsonb(task));
  end if;
  perform story_tasks_internal.begin_function();
  update public.story_tasks
    set task_cancelled = true, cancel_requested_at = clock_timestamp(), cancel_reason = r ->> 'reason'
    where id = task.id returning * into task;
  if task.status = 'queued' then
    task := story_tasks_internal.change_status(task, 'cancelled', (r ->> 'eventId')::uuid, 'info',
      'Cancelled before it started', null);
  else
    task := story_tasks_internal.record_run(task, jsonb_build_object('events', jsonb_build_array(
      jsonb_build_object('id', r -> 'eventId', 'eventType', 'info', 'message', 'Cancellation requested'))));
  end if;
  perform story_tasks_internal.end_function();
  return jsonb_build_object('task', to_jsonb(task),
    'outcome', case when task.status = 'cancelled' then 'cancelled' else 'cancelling' end);
end
$$;

-- Patching -----------------------------------------------------------------------------------------------------------

-- request: {taskId, attempt?, eventId, patch: {status?, progress?, displayFields?, result?, errorCode?, errorMessage?}}
-- For a caller that keeps a task's status itself. Without an attempt it is legal on direct tasks alone (R2).
-- A task whose cancellation was committed first ends as cancelled whatever end is asked for, and that is told as an
-- illegal transition (R4).
-- outcome: updated {task} | illegal_transition {task} | attempt_required {task} | stale {task} | not_found
create function public.update_story_task(request jsonb) returns jsonb
  language plpgsql security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  patch jsonb := r -> 'patch';
  new_status text := patch ->> 'status';
  task public.story_tasks;
  known public.story_task_events;
begin
  select * into task from public.story_tasks where id = (r ->> 'taskId')::uuid for update;
  select * into known from public.story_task_events where id = (r ->> 'eventId')::uuid and task_id = task.id;
  if task.id is null then
    return jsonb_build_object('outcome', 'not_found');
  elsif r ->> 'attempt' is null and task.dispatch <> 'direct' then
    return jsonb_build_object('outcome', 'attempt_required', 'task', to_jsonb(task));
  elsif known.id is not null then
    return jsonb_build_object('task', to_jsonb(task),
      'outcome', case when known.status = new_status then 'updated' else 'illegal_transition' end);
  elsif (r ->> 'attempt')::int <> task.attempt or (r ->> 'attempt' is not null and task.status = 'queued') then
    return jsonb_build_object('outcome', 'stale', 'task', to_jsonb(task));
  elsif new_status is not null and story_tasks_internal.is_terminal(task.status) and new_status <> task.status then
    return jsonb_build_object('outcome', 'illegal_transition', 'task', to_jsonb(task));
  end if;
  if task.task_cancelled and new_status in ('succeeded', 'failed') and new_status <> task.status then
    new_status := 'cancelled';
    patch := '{}';
  end if;
  perform story_tasks_internal.begin_function();
  update public.story_tasks set
      progress = coalesce((patch ->> 'progress')::int, task.progress),
      display_fields = coalesce(patch -> 'displayFields', task.display_fields),
      result = coalesce(patch -> 'result', task.result),
      error_code = coalesce(patch ->> 'errorCode', task.error_code),
      error_message = coalesce(patch ->> 'errorMessage', task.error_message)
    where id = task.id returning * into task;
  if new_status is distinct from task.status and new_status is not null then
    task := story_tasks_internal.change_status(task, new_status, (r ->> 'eventId')::uuid,
      case when new_status = 'failed' then 'error' else 'info' end, 'Status changed to ' || new_status, null);
  end if;
  perform story_tasks_internal.end_function();
  return jsonb_build_object('task', to_jsonb(task),
    'outcome', case when new_status is distinct from r #>> '{patch,status}' then 'illegal_transition' else 'updated' end);
end
$$;

-- Reading ------------------------------------------------------------------------------------------------------------

-- request: {storyId?, limit, after?}
-- Newest first, by keyset: `after` is the id of the last task seen, so no timestamp loses its microseconds on the way.
-- outcome: listed {tasks}
create function public.list_story_tasks(request jsonb) returns jsonb
  language plpgsql stable security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  listed jsonb;
begin
  select jsonb_agg(to_jsonb(page) order by page.created_at desc, page.id desc) into listed from (
    select task.* from public.story_tasks task
    where (r ->> 'storyId' is null or task.story_id = (r ->> 'storyId')::uuid)
      and (r ->> 'after' is null or (task.created_at, task.id) < (
        select seen.created_at, seen.id from public.story_tasks seen where seen.id = (r ->> 'after')::uuid))
    order by task.created_at desc, task.id desc
    limit (r ->> 'limit')::int
  ) page;
  return jsonb_build_object('outcome', 'listed', 'tasks', coalesce(listed, '[]'::jsonb));
end
$$;

-- Story work ---------------------------------------------------------------------------------------------------------

-- request: {taskId, attempt, storyId, kind, ...}; kinds and what they bring:
--   constitution | outline | visual_design | audio_design {document, replace?}, bundle_path {path},
--   scenelet {key, parentId?, choiceLabelFromParent?, content}, shot_list {sceneletId, document}
-- A run's way to persist a step. The fence is checked under the task's row lock, so that a run which was overtaken
-- writes nothing (R2); what is there already is kept unless `replace` says otherwise.
-- outcome: saved {value} | stale | story_not_found
create function public.save_story_work(request jsonb) returns jsonb
  language plpgsql security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  kind text := r ->> 'kind';
  story uuid := (r ->> 'storyId')::uuid;
  saved jsonb;
begin
  perform 1 from public.story_tasks
    where id = (r ->> 'taskId')::uuid and attempt = (r ->> 'attempt')::int and status = 'running' for share;
  if not found then
    return jsonb_build_object('outcome', 'stale');
  end if;
  if kind = 'scenelet' then
    insert into public.scenelets (story_id, parent_id, key, choice_label_from_parent, content)
      select story, (r ->> 'parentId')::uuid, r ->> 'key', r ->> 'choiceLabelFromParent', r -> 'content'
      where exists (select 1 from public.stories where id = story)
      on conflict (story_id, key) do nothing;
    select to_jsonb(s) into saved from public.scenelets s where s.story_id = story and s.key = r ->> 'key';
  elsif kind = 'shot_list' then
    update public.scenelets set shot_list = coalesce(shot_list, r -> 'document')
      where id = (r ->> 'sceneletId')::uuid and story_id = story returning to_jsonb(scenelets) into saved;
  elsif kind = 'bundle_path' then
    update public.stories set bundle_path = r ->> 'path' where id = story returning to_jsonb(bundle_path) into saved;
  elsif kind in ('constitution', 'outline', 'visual_design', 'audio_design') then
    execute format(
      'update public.stories set %1$I = case when $3 then $2 else coalesce(%1$I, $2) end where id = $1 returning %1$I',
      kind) into saved using story, r -> 'document', coalesce((r ->> 'replace')::boolean, false);
  else
    raise exception 'unknown kind of story work: %', kind using errcode = '22023';
  end if;
  return case when saved is null then jsonb_build_object('outcome', 'story_not_found')
    else jsonb_build_object('outcome', 'saved', 'value', saved) end;
end
$$;

-- Access -------------------------------------------------------------------------------------------------------------

alter table public.story_task_lanes enable row level security;
alter table public.story_task_throughput enable row level security;
alter table public.story_task_throughput_positions enable row level security;
revoke all on public.story_task_lanes, public.story_task_throughput, public.story_task_throughput_positions
  from public, anon, authenticated;
grant select, insert, update, delete
  on public.story_task_lanes, public.story_task_throughput, public.story_task_throughput_positions to service_role;

-- Functions are executable by everybody when they are made, and Supabase grants them to its roles by name besides.
do $$
declare
  made regprocedure;
begin
  for made in
    select oid::regprocedure from pg_catalog.pg_proc
    where pronamespace = 'story_tasks_internal'::regnamespace
      or (pronamespace = 'public'::regnamespace and proname in (
        'create_story_task', 'fail_story_task_enqueue', 'claim_story_task', 'append_story_task_events',
        'finish_story_task', 'release_story_task', 'cancel_story_task', 'update_story_task', 'save_story_work',
        'list_story_tasks'))
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', made);
    execute format('grant execute on function %s to service_role', made);
  end loop;
end
$$;

notify pgrst, 'reload schema';
